"""Every setting of a search, once, and what is made from them: a `job.Job`."""
