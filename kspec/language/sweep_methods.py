"""What samplers and pruners of a sweep have in common: a name, alone or with arguments."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail
from kspec.language.model_fields import inner_model
from kspec.syntax.yaml_flow import kind_of

Count = Annotated[int, Field(ge=0)]


class Method(Model):
    """One sampler or pruner, with its arguments."""

    @property
    def name(self) -> str:
        """Its name."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def arguments(self) -> dict[str, Any]:
        """Its arguments, as the spec has them; a pruner among them as a `Method`."""
        chosen: BaseModel = getattr(self, self.name)
        return {key: getattr(chosen, key) for key in chosen.model_fields_set}


def named(value: Any, what: str, model: type[BaseModel]) -> Any:
    """A sampler or a pruner as a mapping from its name to its arguments.

    Args:
        value: What the spec has.
        what: `sampler` or `pruner`.
        model: The mapping's model, whose fields are the names.
    """
    if value is None or isinstance(value, model):
        return value
    known = list(model.model_fields)
    if isinstance(value, str):
        value = {value: None}
    if not isinstance(value, dict) or len(value) != 1:
        fail(
            f"`{what}` must be a name, or a name with its arguments, not {kind_of(value)}",
            help=f"write `{what}: {known[0]}`",
        )
    ((written, arguments),) = value.items()
    name = written.removesuffix(what.capitalize()) if isinstance(written, str) else ""
    if name not in known:
        label = did_you_mean(str(written), known)
        fail(f"unknown {what} `{written}`", label=label, help=f"available {what}s: {', '.join(known)}")
    return {name: _arguments(name, arguments, what, model)}


def _arguments(name: str, arguments: Any, what: str, model: type[BaseModel]) -> Any:
    """The arguments of a sampler or a pruner.

    Args:
        name: Its name.
        arguments: What the spec has.
        what: `sampler` or `pruner`.
        model: The mapping's model.
    """
    arguments_model = inner_model(model.model_fields[name].annotation)
    assert arguments_model is not None
    fields = arguments_model.model_fields
    if arguments is not None and not isinstance(arguments, dict):
        fail(f"the arguments of `{name}` need names", help=f"available arguments: {', '.join(fields)}")
    arguments = arguments or {}
    missing = [key for key, field in fields.items() if field.is_required() and key not in arguments]
    if missing:
        written = ", ".join(f"{key}: {_EXAMPLES[key]}" for key in missing)
        fail(f"the {what} `{name}` needs `{missing[0]}`", help=f"write `{what}: {{{name}: {{{written}}}}}`")
    return arguments


_EXAMPLES = {"percentile": "25", "wrapped_pruner": "Median", "patience": "3"}
