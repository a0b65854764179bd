"""A Keras model → the text of a spec."""
