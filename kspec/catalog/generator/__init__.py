"""Writes the catalog's data from the installed Keras: `python -m kspec.catalog.generator`."""
