"""Cubic B-splines on uniform grids: compiled kernels and their torch twins, shared by the families."""
