"""What a graph is turned into: a Keras model, a resolved spec, a summary, a diagram."""
