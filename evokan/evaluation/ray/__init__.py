"""The executor for a Ray cluster; Ray itself is imported with the first use."""
