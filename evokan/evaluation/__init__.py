"""Evaluation: from chromosomes to records.

`records` has the row of one individual, `evaluator` decodes, looks into the cache and aggregates over the
folds, `cohorts` cuts the trainings into units of work, and `executors` runs these. Import from the modules:
readers of a finished run need `records` alone, without what training needs.
"""
