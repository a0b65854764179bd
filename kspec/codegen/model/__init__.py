"""Statements that build the model."""
