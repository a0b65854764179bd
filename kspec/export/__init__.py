"""A spec or a run → a form that other programs read."""
