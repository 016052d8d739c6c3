"""Scripts that reproduce tables and figures, and benchmarks: run from a source checkout."""
