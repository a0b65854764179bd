"""A network's nodes, shapes and parameters as a table; the resolved spec."""
