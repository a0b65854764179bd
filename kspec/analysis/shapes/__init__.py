"""Shapes, dtypes and parameter counts of every node, without TensorFlow."""
