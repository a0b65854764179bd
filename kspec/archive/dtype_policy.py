"""The dtype policy of a model, which its layers have by default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kspec.archive.values import Config
from kspec.catalog.types import DTYPE_POLICIES


def common_policy(model: Config) -> str:
    """The most common dtype policy of the layers, among those that a whole model can have."""
    counts = Counter(policy for policy in _policies(model) if policy in DTYPE_POLICIES)
    return counts.most_common(1)[0][0] if counts else "float32"


def _policies(model: Config) -> Iterator[str]:
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else None
    for layer in layers if isinstance(layers, list) else ():
        if (
            not isinstance(layer, dict)
            or layer.get("class_name") == "InputLayer"
            or not isinstance(layer.get("config"), dict)
        ):
            continue
        if isinstance(layer["config"].get("layers"), list):
            yield from _policies(layer)
        dtype = layer["config"].get("dtype")
        if (
            isinstance(dtype, dict)
            and dtype.get("class_name") == "DTypePolicy"
            and isinstance(dtype.get("config"), dict)
        ):
            name = dtype["config"].get("name")
            if isinstance(name, str):
                yield name
