"""The searches beside the models that people take instead, on tables, with equal processor time."""
