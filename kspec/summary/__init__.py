"""The summary of a network, and the resolved spec."""
