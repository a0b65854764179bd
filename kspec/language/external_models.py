"""Sub-models that are read from a file, as data, or come from `keras.applications`."""

from __future__ import annotations

import copy
from typing import Any

from kspec.catalog.applications import image_shape
from kspec.diagnostics import Report
from kspec.diagnostics.budget import FILES, spend
from kspec.expand.variables import compute
from kspec.syntax import Tree
from kspec.syntax.deferred import is_failed
from kspec.syntax.path_policy import PathPolicy

Networks = dict[str, dict[str, Any] | None]
"""Networks by sub-model, nested ones as `name/inner`; None for a file that could not be read."""

INPUT = "image"
"""The name of the input of an application."""


def networks_of_files(tree: Tree, report: Report, policy: PathPolicy) -> Networks:
    """Read the networks of the sub-models with a `file`.

    Args:
        tree: The document.
        report: Receives a problem for each file that cannot be read.
        policy: Resolves their paths, and decides which of them may be read.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    models, variables = document.get("models"), document.get("vars")
    networks: Networks = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        if not isinstance(model, dict) or {"layers", "inputs", "outputs"} & model.keys():
            continue
        text = compute(
            model.get("file"),
            ("models", name, "file"),
            variables if isinstance(variables, dict) else {},
            tree,
            Report(),
        )
        if not isinstance(text, str):
            continue
        networks[name] = None
        if is_failed(text):  # reported when the document is computed
            continue
        span = tree.positions.value(("models", name, "file"))
        problem = policy.file_problem(text, suffixes=(".keras", ".json"))
        if problem is not None:
            problem.report(report, span)
            continue
        spend(FILES, 1, span)
        from kspec.archive import ImportRefused, read_model, spec_from_config

        try:
            values = spec_from_config(read_model(policy.folder / text, policy.open_file).config, compiled=False).values
        except ImportRefused as refused:
            refused.report(report, span)
            continue
        inner = {other: f"{name}/{other}" for other in values.get("models") or {}}
        for other, network in (values.get("models") or {}).items():
            networks[inner[other]] = _renamed(network, inner)
        networks[name] = _renamed(
            {part: values[part] for part in ("inputs", "layers", "outputs") if part in values}, inner
        )
    return networks


def networks_of_applications(tree: Tree) -> Networks:
    """The networks of the sub-models with an `application`: an input, and one node for the application.

    Problems with its arguments are reported later, where all arguments are checked.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    models, variables = document.get("models"), document.get("vars")
    networks: Networks = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        if not isinstance(model, dict) or "application" not in model or {"layers", "file"} & model.keys():
            continue
        setting = compute(
            copy.deepcopy(model["application"]),
            ("models", name, "application"),
            variables if isinstance(variables, dict) else {},
            tree,
            Report(),
        )
        is_call = isinstance(setting, dict) and len(setting) == 1
        called, arguments = next(iter(setting.items())) if is_call else (setting, {})
        arguments = arguments if isinstance(arguments, dict) else {}
        if isinstance(called, str):
            inputs = {INPUT: {"shape": image_shape(called, arguments)}}
            networks[name] = {"inputs": inputs, "layers": [{called: arguments}]}
    return networks


def _renamed(value: Any, models: dict[str, str]) -> Any:
    """A network whose calls of its own sub-models use their names in the spec."""
    if isinstance(value, dict):
        return {
            key: models.get(item, item) if key == "model" and isinstance(item, str) else _renamed(item, models)
            for key, item in value.items()
        }
    return [_renamed(item, models) for item in value] if isinstance(value, list) else value
