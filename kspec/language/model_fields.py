"""The models that the fields of a model hold."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model of a field's value, or of the values in it; None if it has none.

    Args:
        annotation: The field's annotation.
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, list, dict, typing.Annotated):
        for argument in typing.get_args(annotation):
            model = inner_model(argument)
            if model is not None:
                return model
    return None
