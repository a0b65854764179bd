"""`sweep`: values of the spec to search, and how."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail
from kspec.language.durations import TIME_HELP, check_duration, microseconds_of
from kspec.language.field_types import Object
from kspec.language.json_schema import JsonSchema
from kspec.language.sweep_methods import PRUNERS, REQUIRED, SAMPLERS, Arguments
from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import kind_of

Direction = Literal["maximize", "minimize"]

MEASURES = ("parameters", "flops", "memory", "seconds")
"""What constraints compare, and goals may minimize besides what training logs."""
CONSTRAINT = re.compile(rf"\s*({'|'.join(MEASURES)})\s*(<=|<|>=|>)\s*(\S.*?)\s*")
_CONSTRAINT_HELP = "write `parameters <= 100000`, `flops <= 1e9`, `memory <= 512 MB` or `seconds <= 60`"


def _search(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        fail(
            f"`search` must be a mapping from addresses to ranges, not {kind_of(value)}",
            help="write `search: {fit.batch_size: {choice: [16, 32]}}`",
        )
    return value


def _method(value: Any, what: str, known: dict[str, Arguments]) -> Any:
    """A sampler or a pruner, as a mapping from its name to its arguments."""
    if value is None or value == "none":
        return None
    if isinstance(value, str):
        value = {value: {}}
    if not isinstance(value, dict) or len(value) != 1:
        fail(
            f"`{what}` must be a name, or a name with its arguments, not {kind_of(value)}",
            help=f"write `{what}: {next(iter(known))}`",
        )
    ((written, arguments),) = value.items()
    name = written.removesuffix(what.capitalize()) if isinstance(written, str) else ""
    if name not in known:
        fail(
            f"unknown {what} `{written}`",
            label=did_you_mean(str(written), known),
            help=f"available {what}s: {', '.join(known)}",
        )
    arguments = {} if arguments is None else arguments
    if not isinstance(arguments, dict):
        fail(f"the arguments of `{name}` need names", help=f"available arguments: {', '.join(known[name])}")
    for key, item in arguments.items():
        if key not in known[name]:
            fail(
                f"unknown argument `{key}` of the {what} `{name}`",
                label=did_you_mean(str(key), known[name]),
                help=f"available arguments: {', '.join(known[name])}",
            )
        _check_argument(name, key, item, known[name][key])
    missing = next((key for key in REQUIRED.get(name, ()) if key not in arguments), None)
    if missing is not None:
        fail(f"the {what} `{name}` needs `{missing}`", help=f"write `{what}: {{{name}: {{{missing}: …}}}}`")
    return {name: dict(arguments)}


def _check_argument(name: str, key: str, value: Any, type_: str) -> None:
    """Rejects an argument of another type."""
    types: dict[str, Any] = {"integer": int, "number": (int, float), "boolean": bool, "text": str}
    if type_ == "pruner":
        _method(value, "pruner", dict(PRUNERS))
    elif not isinstance(value, types[type_]) or (isinstance(value, bool) and type_ != "boolean"):
        article = "an" if type_ == "integer" else "a"
        what = "a text" if type_ == "text" else f"{article} {type_}"
        fail(f"`{key}` of `{name}` must be {what}, not {kind_of(value)}")


def _sampler(value: Any) -> Any:
    return _method(value, "sampler", dict(SAMPLERS)) or {"TPE": {}}


def _pruner(value: Any) -> Any:
    return _method(value, "pruner", dict(PRUNERS))


def _constraint(value: Any) -> Any:
    if not isinstance(value, str):
        fail(f"a constraint must be a text, not {kind_of(value)}", help=_CONSTRAINT_HELP)
    match = CONSTRAINT.fullmatch(value)
    if match is None or limit_of(match[1], match[3]) is None:
        word = re.match(r"\s*(\w*)", value)
        label = did_you_mean(word[1], MEASURES) if word and word[1] not in MEASURES else ""
        fail(f"`{value}` is no constraint", label=label, help=_CONSTRAINT_HELP)
    return value


def limit_of(measure: str, text: str) -> float | None:
    """The number on the right of a constraint: bytes for memory, seconds for time; None if it is none.

    >>> limit_of("memory", "2 MB"), limit_of("seconds", "1 min"), limit_of("parameters", "1e5"), limit_of("flops", "x")
    (2000000.0, 60.0, 100000.0, None)
    """
    from kspec.language.byte_sizes import read_bytes

    try:
        return float(text.replace("_", ""))
    except ValueError:
        pass
    if measure == "memory":
        return read_bytes(text) or None
    microseconds = microseconds_of(text) if measure == "seconds" else None
    return None if microseconds is None else microseconds / 1e6


class Goal(Model):
    """What a sweep looks for: losses and metrics on the validation split; two goals give a Pareto front."""

    maximize: Annotated[str | list[str] | None, JsonSchema(str | list[str])] = Field(
        None, description="What to maximize, such as `val_accuracy`"
    )
    minimize: Annotated[str | list[str] | None, JsonSchema(str | list[str])] = Field(
        None, description="What to minimize, such as `val_loss`, or `parameters`"
    )

    @model_validator(mode="after")
    def _some(self) -> "Goal":
        names = [name for name, _ in self.directions]
        if not names:
            fail("the sweep has no goal", help="write `goal: {minimize: val_loss}`")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            fail(f"`{twice}` is a goal twice", help="name it once")
        return self

    @property
    def directions(self) -> list[tuple[str, Direction]]:
        """Each goal with its direction, `maximize` or `minimize`."""
        both: tuple[tuple[Direction, Any], ...] = (("maximize", self.maximize), ("minimize", self.minimize))
        return [(name, word) for word, names in both for name in ([names] if isinstance(names, str) else names or ())]


class Then(Model):
    """What follows the search."""

    repeat: int = Field(1, gt=0, description="How often the best point is trained again, each time with another seed")


class Sweep(Model):
    """A search for the best values of a spec: `kspec sweep` runs it."""

    search: Annotated[dict[str, Range], BeforeValidator(_search)] = Field(
        description="Mapping from addresses, as after `--set`, to the values that they may have"
    )
    goal: Goal = Field(description="What to maximize or minimize; two goals give a Pareto front")
    trials: int = Field(20, gt=0, description="How many points are tried")
    sampler: Annotated[Object | None, BeforeValidator(_sampler), JsonSchema(str | dict[str, Any] | None)] = Field(
        None,
        validate_default=True,
        description=f"How points are chosen, by Optuna: {', '.join(SAMPLERS)}; `TPE` by default",
    )
    pruner: Annotated[Object | None, BeforeValidator(_pruner), JsonSchema(str | dict[str, Any] | None)] = Field(
        None, description=f"Which trials end early, by Optuna: {', '.join(PRUNERS)}; none by default"
    )
    constraints: list[Annotated[str, BeforeValidator(_constraint)]] = Field(
        default_factory=list,
        description=f"What a point must satisfy, of {', '.join(MEASURES)}: `parameters <= 100000`, `memory <= 512 MB`",
    )
    batch: int = Field(
        1, gt=0, description="How many points the sampler chooses at once; `--jobs` runs them side by side"
    )
    time_limit: Annotated[
        str | None,
        BeforeValidator(lambda value: check_duration(value, "a time limit")),
        JsonSchema(errorMessage=f"A time limit is {TIME_HELP[6:]}."),
    ] = Field(None, min_length=1, description="Time after which no trial begins, such as `1 h`")
    then: Then | None = Field(
        default_factory=Then,
        description="The best point is trained again with other seeds, and evaluated once on the test split; null for "
        "neither",
    )

    @property
    def seconds(self) -> float | None:
        """The time limit in seconds; None without one."""
        return None if self.time_limit is None else (microseconds_of(self.time_limit) or 0) / 1e6

    @property
    def sampler_name(self) -> str:
        """The sampler's name."""
        return next(iter(self.sampler)) if isinstance(self.sampler, dict) else "TPE"
