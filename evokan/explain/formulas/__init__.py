"""Formulas: expressions in the user's columns, their constants, their bounds, and how they are written down."""
