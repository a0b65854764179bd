"""Layers of Keras by what they do to values: the rules that follow values through a network share these names."""

NOISE = frozenset(
    {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
    | {"GaussianNoise", "StochasticDepth"}
)
"""Layers that change values at random in training, and pass them through otherwise."""
UNCHANGED = frozenset({"Identity", "ActivityRegularization"})
"""Layers that pass values through."""
NORMALIZATIONS = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"})
"""Layers that scale values by what they measure of them."""
ACTIVATIONS = frozenset({"Activation", "Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU"})
"""Layers that compute each value, or each vector, by itself."""
MERGES = frozenset({"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"})
"""Layers that merge several tensors into one."""
