"""Experiments on the GA-KAN family."""
