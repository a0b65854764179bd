"""Other machines: how kspec connects to a Ray cluster, and runs work on it."""
