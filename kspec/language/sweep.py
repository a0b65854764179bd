"""`sweep`: values of the spec to search, and how."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail
from kspec.language.durations import TIME_HELP, check_duration, microseconds_of
from kspec.language.json_schema import JsonSchema
from kspec.language.sweep_pruners import AnyPruner, Pruner
from kspec.language.sweep_ranges import Range
from kspec.language.sweep_samplers import INDEPENDENT, INDEPENDENT_BATCH, AnySampler, Sampler
from kspec.syntax.yaml_flow import kind_of

Direction = Literal["maximize", "minimize"]

MEASURES = ("parameters", "flops", "memory", "seconds")
"""What constraints compare, and goals may minimize besides what training logs."""
CONSTRAINT = re.compile(rf"\s*({'|'.join(MEASURES)})\s*(<=|<|>=|>)\s*(\S.*?)\s*")
_CONSTRAINT_HELP = "write `parameters <= 100000`, `flops <= 1e9`, `memory <= 512 MB` or `seconds <= 60`"


def _search(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        fail(
            "`search` has no address"
            if isinstance(value, dict)
            else f"`search` must be a mapping from addresses to ranges, not {kind_of(value)}",
            help="write `search: {fit.batch_size: {choice: [16, 32]}}`",
        )
    return value


def _constraint(value: Any) -> Any:
    if not isinstance(value, str):
        fail(f"a constraint must be a text, not {kind_of(value)}", help=_CONSTRAINT_HELP)
    match = CONSTRAINT.fullmatch(value)
    if match is None or limit_of(match[1], match[3]) is None:
        word = re.match(r"\s*(\w*)", value)
        label = did_you_mean(word[1], MEASURES) if word and word[1] not in MEASURES else ""
        fail(f"`{value}` is no constraint", label=label, help=_CONSTRAINT_HELP)
    if match[2].startswith("<") and (limit_of(match[1], match[3]) or 0) <= 0:
        fail(f"no network satisfies `{value}`", help=_CONSTRAINT_HELP)
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

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if not isinstance(value, (dict, cls)):
            name = value if isinstance(value, str) else "val_loss"
            word = "minimize" if name.endswith("loss") or name in MEASURES else "maximize"
            fail(f"`goal` must be a mapping, not {kind_of(value)}", help=f"write `goal: {{{word}: {name}}}`")
        return value

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
    sampler: AnySampler = Field(
        None,
        validate_default=True,
        description=f"How points are chosen, by Optuna: {', '.join(Sampler.model_fields)}; `TPE` by default",
    )
    pruner: AnyPruner = Field(
        None, description=f"Which trials end early, by Optuna: {', '.join(Pruner.model_fields)}; none by default"
    )
    constraints: list[Annotated[str, BeforeValidator(_constraint)]] = Field(
        default_factory=list,
        description=f"What a point must satisfy, of {', '.join(MEASURES)}: `parameters <= 100000`, `memory <= 512 MB`",
    )
    batch: Annotated[int, Field(gt=0)] | None = Field(
        None,
        description="How many points the sampler chooses at once: small dense networks among them train in one "
        "program, and `--jobs` runs trials side by side. 64 by default where no point depends on the trials before, 1 "
        "where the sampler learns from them, a pruner compares with them, or a time limit counts them",
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
    def batch_size(self) -> int:
        """How many points the sampler chooses at once."""
        if self.batch is not None:
            return self.batch
        is_independent = self.sampler_name in INDEPENDENT and self.pruner is None and self.time_limit is None
        return INDEPENDENT_BATCH if is_independent else 1

    @property
    def sampler_name(self) -> str:
        """The sampler's name."""
        return "TPE" if self.sampler is None else self.sampler.name
