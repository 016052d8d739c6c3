"""Runs: the directory a search writes, and the object a user reads it with.

`directory` has the files and the lock, `tables` the CSV forms, `run` the `Run` that `evokan.search` and
`evokan.load_run` return. Nothing in a run directory is pickled, so opening one never runs code from it.
"""
