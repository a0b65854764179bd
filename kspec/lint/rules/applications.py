"""The models of `keras.applications`: their arguments, and the permission to download weights."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, codes, did_you_mean
from kspec.language.network import SubModel
from kspec.lint.arguments import check_object
from kspec.lint.context import RuleContext
from kspec.lint.rules.initial_weights import ENDINGS


def check(context: RuleContext) -> None:
    """Checks the arguments of each application."""
    for name, model in context.spec.document.models.items():
        if model.application is None:
            continue
        path: Path = ("models", name, "application")
        before = context.report.errors
        check_object(context, _without_invalid_weights(context, model, path), "application", path)
        if context.report.errors == before:
            _check_download(context, *model.application_call, path)
        graph = context.graph.models.get(name)
        node = graph.application if graph is not None else None
        if node is not None and context.report.errors > before:
            context.invalid_nodes.add(f"{name}/{node.name}")


def _without_invalid_weights(context: RuleContext, model: SubModel, path: Path) -> Any:
    """An application as the spec has it; without a file of weights that is invalid, which is
    reported, or not needed."""
    text, (name, arguments) = model.application_weights(), model.application_call
    if text is None or (text.endswith(ENDINGS) and not context.spec.is_trained):
        return model.application
    if not context.spec.is_trained:
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`{text}` is not a weights file",
            context.spec.positions.value((*path, name, "weights")),
            label=did_you_mean(text, ["imagenet"]),
            help="weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`) files",
        )
    return {name: {argument: value for argument, value in arguments.items() if argument != "weights"}}


def _check_download(context: RuleContext, name: str, arguments: dict[str, Any], path: Path) -> None:
    is_allowed = context.spec.permissions.network or context.spec.is_trained  # no download for a trained model
    if is_allowed or arguments.get("weights", "imagenet") != "imagenet":
        return
    positions = context.spec.positions
    stated = positions.values.get((*path, name, "weights"))
    context.report.error(
        codes.NETWORK_ACCESS,
        f"`{name}` starts from imagenet weights, which Keras downloads",
        stated or positions.key((*path, name)),
        help="write `weights: null` for random weights, name a `.weights.h5` file, or allow downloads with "
        "--allow-network",
    )
