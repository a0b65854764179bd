"""Attributes of an object, replaced for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def patch(target: Any, **attributes: Any) -> Iterator[None]:
    """Replaces attributes of one object (a model, a module), and restores them afterwards.

    It writes to `vars(target)`: with `setattr`, Keras would track the values as parts of the model.
    """
    own = vars(target)
    before = {name: own[name] for name in attributes if name in own}
    own.update(attributes)
    try:
        yield
    finally:
        for name in attributes:
            del own[name]
        own.update(before)
