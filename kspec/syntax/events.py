"""The events of a YAML text, from libyaml where PyYAML has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_events(text: str) -> Iterator[Any]:
    """The events of a text, in order.

    Raises:
        yaml.YAMLError: as soon as the text is not valid YAML.
    """
    return iter(_LOADER(text).get_event, None)
