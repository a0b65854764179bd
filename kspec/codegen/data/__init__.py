"""Statements that read, split and prepare the data."""
