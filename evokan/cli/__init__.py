"""The commands of ``evokan``, one module for each or for a group; `evokan.cli.app` puts them together.

Nothing here imports NumPy, pandas or torch at import time: ``evokan --help`` has to answer at once.
"""
