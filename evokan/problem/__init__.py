"""What has to be solved: a table, how it is split, scaled and judged, or an equation.

`table` has the numbers, `problem` the split, the scaling and the folds, `metrics` the figures of merit, `baselines`
what everybody compares with, `equations` the differential equations. Import from the modules.
"""
