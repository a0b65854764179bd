"""The members of a run: the folds of a split, or repeats with other seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kspec.language import Spec, load_file
from kspec.language.document import Document
from kspec.language.source_files import SPLITS

SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """How a spec is trained several times.

    Args:
        kind: Whether members are folds, or repeats with other seeds.
        count: How many there are.
        seed: The seed of the first repeat.
        data_seed: The seed of what reading the data draws, in all repeats; None for folds, and if each repeat draws a
            split of its own.
    """

    kind: Literal["fold", "repeat"]
    count: int
    seed: int = 0
    data_seed: int | None = None

    @property
    def shares_split(self) -> bool:
        """Whether all members train on the same examples."""
        return self.data_seed is not None

    def shares(self, split: str) -> bool:
        """Whether all members have the same examples in a split; or in a file, which is not theirs to split."""
        return self.shares_split or split not in (("train", "validation") if self.kind == "fold" else SPLITS)

    def folder(self, number: int) -> str:
        """The name of the folder of a member, counted from 1."""
        return f"{self.kind}-{number}"

    def spec_of(self, spec: Spec, number: int) -> Spec:
        """The spec of a member, which runs alone with the same result.

        Args:
            spec: The spec of all members.
            number: The member, from 1.
        """
        if self.kind == "fold":
            own = [f"data.split.fold={number}"]
        else:
            own = [f"seed={(self.seed + number - 1) % SEEDS}", "fit.repeats=null", "fit.resplit=null"]
            own += [] if self.data_seed is None else [f"data.seed={self.data_seed}"]
        return load_file(spec.source, [*spec.overrides, *own], spec.permissions)

    def to_json(self) -> dict[str, str | int | bool]:
        """Plain values for `run.json`."""
        return {"kind": self.kind, "count": self.count, "shares_split": self.shares_split}


def member_plan(document: Document) -> MemberPlan | None:
    """How a spec is trained several times; None if it is trained once."""
    data, fit = document.data, document.fit
    if data is None:
        return None
    if data.split.folds is not None and data.split.fold is None:
        return MemberPlan("fold", data.split.folds)
    if fit.repeats is not None:
        return MemberPlan("repeat", fit.repeats, document.seed, None if fit.resplit else document.data_seed)
    return None
