"""The models of `keras.applications`: their arguments, and that their weights may be downloaded."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, codes, did_you_mean
from kspec.language.network import SubModel
from kspec.lint.argument_check import Checker
from kspec.lint.rules.initial_weights import ENDINGS


def applications(checker: Checker) -> None:
    """Checks what is said of each application."""
    for name, model in checker.spec.document.models.items():
        if model.application is None:
            continue
        path: Path = ("models", name, "application")
        before = checker.report.errors
        checker.object(_but_for_misnamed_weights(checker, model, path), "application", path)
        if checker.report.errors == before:
            _may_be_downloaded(checker, *model.of_keras, path)
        graph = checker.graph.models.get(name)
        node = graph.application if graph is not None else None
        if node is not None and checker.report.errors > before:
            checker.invalid_nodes.add(f"{name}/{node.name}")


def _but_for_misnamed_weights(checker: Checker, model: SubModel, path: Path) -> Any:
    """What is said of an application; without a file of weights that is none by its name, which is told."""
    text, (name, given) = model.application_weights(), model.of_keras
    if text is None or text.endswith(ENDINGS):
        return model.application
    checker.report.error(
        codes.INVALID_ARGUMENT_VALUE,
        f"`{text}` is no file of weights by its name",
        checker.spec.positions.value((*path, name, "weights")),
        label=did_you_mean(text, ["imagenet"]),
        help="weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`)",
    )
    return {name: {argument: value for argument, value in given.items() if argument != "weights"}}


def _may_be_downloaded(checker: Checker, name: str, given: dict[str, Any], path: Path) -> None:
    if checker.spec.permissions.network or given.get("weights", "imagenet") != "imagenet":
        return
    positions = checker.spec.positions
    stated = positions.values.get((*path, name, "weights"))
    checker.report.error(
        codes.NETWORK_ACCESS,
        f"`{name}` starts from imagenet weights, which Keras downloads",
        stated or positions.key((*path, name)),
        help="write `weights: null` to start from random ones, name a `.weights.h5` file, or allow it with "
        "--allow-network",
    )
