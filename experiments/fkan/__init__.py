"""Tables and figures of the fKAN paper (arXiv 2406.07456), and what ours make of them."""
