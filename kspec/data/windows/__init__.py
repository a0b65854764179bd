"""Windows: examples that are rows of a series."""
