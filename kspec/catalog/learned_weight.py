"""The head `weight`: a learned tensor, described like a layer of Keras, which has none for it."""

from kspec.catalog.entry import Entry, Parameter

NAME = "weight"
DOC = "A learned tensor of this shape, without a batch axis: it has no input, and other nodes take it by its name"
DOCS = {
    "shape": "Its shape, without a batch axis",
    "initializer": "Gives its first values",
    "regularizer": "Adds a penalty on it to the loss",
    "constraint": "Applied to it after each step of training",
    "dtype": "Its dtype, or a dtype policy",
}
"""What its arguments do."""
WEIGHT = Entry(
    kind="layer",
    name=NAME,
    path="",
    aliases=(),
    parameters={
        parameter.name: parameter
        for parameter in (
            Parameter("shape", "[int>=1]", required=True, default=None),
            Parameter("initializer", "<initializer>", required=False, default="glorot_uniform"),
            Parameter("regularizer", "<regularizer>|null", required=False, default=None),
            Parameter("constraint", "<constraint>|null", required=False, default=None),
            Parameter("dtype", 'dtype|"mixed_float16"|"mixed_bfloat16"|null', required=False, default=None),
        )
    },
)
"""The arguments are those of `Layer.add_weight`. A layer of Keras computes it: see `kspec.backend.learned_weight`."""
