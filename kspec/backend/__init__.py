"""The compiler's graph → Keras objects; the only door to TensorFlow for building."""
