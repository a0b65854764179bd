"""`summary.json`: what the members of a run have in common, with mean, deviation and confidence by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.runs.member_details import details_json, details_of, mean_slices
from kspec.runs.member_plan import MemberPlan
from kspec.runs.run import Run
from kspec.runs.spread import LEVEL, spreads


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The losses and metrics among the values of an evaluation."""
    return {name: value for name, value in metrics.items() if isinstance(value, float)}


def finished(run: Run) -> list[Run]:
    """The members that have finished, with an evaluation."""
    return [member for member in run.members if member.status == "finished" and member.metrics]


def summarize(run: Run, plan: MemberPlan) -> None:
    """Writes means and deviations over the finished members into the run of all.

    Args:
        run: The run of all members.
        plan: What they are.
    """
    members = finished(run)
    if not members:
        return
    evaluated = spreads([numbers_of(member.metrics) for member in members])
    examples = [member.metrics["examples"] for member in members]
    split = members[0].metrics["split"]
    count = examples[0] if plan.shares(split) else sum(examples)
    run.metrics = {"split": split, "examples": count, **{name: each.mean for name, each in evaluated.items()}}
    run.deviation = {name: each.deviation for name, each in evaluated.items() if each.deviation is not None}
    run.interval = {name: each.interval for name, each in evaluated.items() if each.interval is not None}
    validated = spreads([member.validation for member in members])
    run.validation = {name: each.mean for name, each in validated.items()}
    run.slices = mean_slices(members, shared=plan.shares(split))


def metrics_json(run: Run) -> dict[str, Any]:
    """`metrics.json`: the means over the members, as those of any run, and their deviations."""
    return {
        "evaluate": run.metrics,
        "deviation": run.deviation,
        "interval": {name: list(each) for name, each in run.interval.items()},
        "validation": run.validation,
        **({"ensemble": run.ensemble} if run.ensemble else {}),
        **({"slices": run.slices} if run.slices else {}),
    }


def summary_json(run: Run, plan: MemberPlan, names: Sequence[str]) -> dict[str, Any]:
    """`summary.json`: by metric, its spread over the finished members; and a row for each member.

    Args:
        run: The run of all members.
        plan: What the members are.
        names: The name of each member.
    """
    members = finished(run)
    values: dict[str, Any] = {
        "members": plan.to_json(),
        "finished": len(members),
        "level": LEVEL,
        "split": members[0].metrics["split"] if members else None,
        "metrics": {
            name: each.to_json() for name, each in spreads([numbers_of(each.metrics) for each in members]).items()
        },
        "validation": {name: each.to_json() for name, each in spreads([each.validation for each in members]).items()},
        "table": [
            {
                "member": name,
                "status": member.status,
                "epochs": len(member.history),
                "kept_epoch": member.kept_epoch,
                "evaluate": member.metrics,
                "validation": member.validation,
                **details_of(member),
            }
            for name, member in zip(names, run.members, strict=False)
        ],
    }
    if members:
        values |= details_json(members, shared=plan.shares(members[0].metrics["split"]))
    return values | ({"ensemble": run.ensemble} if run.ensemble else {})
