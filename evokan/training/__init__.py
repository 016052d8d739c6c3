"""Training of many small networks at once: compiled on CPUs (numba), batched on GPUs (torch)."""
