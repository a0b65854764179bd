"""The examples that a step uses: those of a split, or other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import Facts, Target
from kspec.codegen.data.examples import Examples
from kspec.codegen.model.names import identifier


@dataclass(frozen=True, slots=True)
class Portion:
    """Examples, by what stands for them in `main`.

    Args:
        facts: Of the data that they are of.
        part: The variable of the rows of a split; empty for all of other data.
        said: What they are called when numbers are told.
        lines: The statements that get them.
    """

    examples: Examples
    facts: Facts
    part: str
    said: str
    lines: tuple[str, ...] = ()

    @property
    def x(self) -> str:
        """The inputs."""
        return self.examples.rows("x", self.part) if self.part else self.examples.all_rows(self.facts)

    @property
    def y(self) -> str:
        """The targets."""
        return self.examples.rows("y", self.part) if self.part else self.facts.named("y")

    def weights(self, outputs: Mapping[str, OutputSettings]) -> str:
        """The sample weights; empty where all count alike."""
        facts = self.facts
        made = {name: self._of(f"{identifier(column)}_weights") for name, column in facts.weights.items()
                if outputs[name].loss is not None and name in facts.targets}  # fmt: skip
        return by_output(made, outputs, f"len({self.part or facts.first})")

    def actual(self, target: Target) -> str:
        """The target as it stands in the data."""
        return self._of(target.variable)

    @property
    def names(self) -> str:
        """The file of each example; empty where an example is none."""
        return self._of("names") if self.facts.source == "images" else ""

    @property
    def numbers(self) -> str:
        """The number of each example, from 1: in its file, where each part has one."""
        facts = self.facts
        if facts.suffix in self.examples.numbered:
            return self._of("numbered")
        if not self.part:
            return f"np.arange(1, len({facts.first}) + 1)"
        if facts.by_files and self.part in facts.given and self.part != "train":
            return f"np.arange(1, len({self.part}) + 1)"
        return f"{self.part} + 1"

    def _of(self, variable: str) -> str:
        return f"{variable}[{self.part}]" if self.part else self.facts.named(variable)


def by_output(made: Mapping[str, str], outputs: Mapping[str, OutputSettings], count: str) -> str:
    """Weights as Keras takes them: by output, where there are several, and of each."""
    if not made:
        return ""
    if len(outputs) == 1:
        return next(iter(made.values()))
    ones = f'np.ones({count}, "float32")'
    return "{" + ", ".join(f'"{name}": {made.get(name, ones)}' for name in outputs) + "}"


def portion_of(step: str, examples: Examples, *, targets: bool) -> Portion:
    """The examples that a step uses.

    Args:
        targets: Whether their targets are asked for.
    """
    if step in examples.others:
        said = getattr(examples.facts.spec.document, step).data
        lines = tuple(examples.other_lines(step, targets=targets))
        return Portion(examples, examples.others[step], "", said, lines)
    part = examples.facts.split_of(step)
    return Portion(examples, examples.facts, part, part)
