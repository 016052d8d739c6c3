"""Measurements of speed and quality, ours beside pykan's: ``python -m experiments.benchmarks.NAME``."""
