"""A run whose model several workers train: how their processes begin, and what happens when one of them is lost."""
