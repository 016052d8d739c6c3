"""One-variable laws: the library of functions, and the law that comes nearest to an edge."""
