"""The head `weight` in Python: a function that the file gets once."""

HELPER = "learned_weight"
LINES = '''\
def learned_weight(anchor, shape, *, initializer="glorot_uniform", regularizer=None, constraint=None, **options):
    """Creates a learned tensor: of minus one, PReLU gives minus its weights. The anchor makes it part of the model."""
    layer = layers.PReLU(
        alpha_initializer=initializer,
        alpha_regularizer=regularizer,
        alpha_constraint=constraint,
        **options,
    )
    one = ops.prod(ops.ones_like(anchor, dtype="float32"))
    return ops.squeeze(-layer(ops.broadcast_to(-one, (1, *shape))), 0)
'''.splitlines()
