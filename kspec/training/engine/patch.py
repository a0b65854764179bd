"""Attributes of one object set for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def patch(thing: Any, **attributes: Any) -> Iterator[None]:
    """Sets attributes of one object, a model or a module, and gives it back its own.

    They are set beside the object's own way of setting them: Keras would take what a model is given for a part of it.
    """
    own = vars(thing)
    before = {name: own[name] for name in attributes if name in own}
    own.update(attributes)
    try:
        yield
    finally:
        for name in attributes:
            del own[name]
        own.update(before)
