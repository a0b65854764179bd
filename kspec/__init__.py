"""kspec: a declarative YAML model-spec compiler for Keras."""

__version__ = "0.1.0"
