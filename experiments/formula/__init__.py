"""Experiments on formulas: exact laws, tables, thirty laws of physics, speed."""
