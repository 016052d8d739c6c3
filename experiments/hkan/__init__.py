"""Experiments on the HKAN family."""
