"""What a family of networks is: the interface `space.SearchSpace`, and the values that pass through it.

`chromosome` has the bits, `architecture` the decoded network, `training` jobs and results, `graph` and `explanation`
what a trained network shows, `registry` the families by name. Import from the modules.
"""
