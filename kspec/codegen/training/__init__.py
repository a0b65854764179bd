"""Statements that compile, fit, evaluate and predict."""
