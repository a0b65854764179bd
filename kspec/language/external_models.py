"""Sub-models that come from elsewhere: from a file, read as data, or from `keras.applications`."""

from __future__ import annotations

import copy
from typing import Any

from kspec.catalog.applications import stated_shape
from kspec.diagnostics import Report
from kspec.expand.variables import compute
from kspec.syntax import Tree
from kspec.syntax.deferred import is_failed
from kspec.syntax.path_policy import PathPolicy

Networks = dict[str, dict[str, Any] | None]
"""By the name of the sub-model; what it holds itself as `name/inner`. None where the file is none, which is said."""

INPUT = "image"
"""What the input of an application is called."""


def networks_of_files(tree: Tree, report: Report, policy: PathPolicy) -> Networks:
    """The networks of the sub-models with a `file`.

    Args:
        policy: Where their paths lead, and which of them may be read.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    models, variables = document.get("models"), document.get("vars")
    found: Networks = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        if not isinstance(model, dict) or {"layers", "inputs", "outputs"} & model.keys():
            continue
        text = compute(model.get("file"), ("models", name, "file"),
                       variables if isinstance(variables, dict) else {}, tree, Report())  # fmt: skip
        if not isinstance(text, str):
            continue
        if is_failed(text):  # which is told of the document
            found[name] = None
            continue
        found[name] = None
        span = tree.positions.value(("models", name, "file"))
        problem = policy.file_problem(text, suffixes=(".keras", ".json"))
        if problem is not None:
            problem.report(report, span)
            continue
        from kspec.archive import ImportRefused, document_of, read_model

        try:
            values = document_of(read_model(policy.folder / text).config, compiled=False).values
        except ImportRefused as refused:
            refused.tell(report, span)
            continue
        inner = {other: f"{name}/{other}" for other in values.get("models") or {}}
        for other, network in (values.get("models") or {}).items():
            found[inner[other]] = _renamed(network, inner)
        found[name] = _renamed(
            {part: values[part] for part in ("inputs", "layers", "outputs") if part in values}, inner
        )
    return found


def networks_of_applications(tree: Tree) -> Networks:
    """The networks of the sub-models with an `application`: its input, and one node that is all of it.

    What is wrong with its arguments is told where they are checked.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    models, variables = document.get("models"), document.get("vars")
    found: Networks = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        if not isinstance(model, dict) or "application" not in model or {"layers", "file"} & model.keys():
            continue
        said = compute(copy.deepcopy(model["application"]), ("models", name, "application"),
                       variables if isinstance(variables, dict) else {}, tree, Report())  # fmt: skip
        called, arguments = next(iter(said.items())) if isinstance(said, dict) and len(said) == 1 else (said, {})
        arguments = arguments if isinstance(arguments, dict) else {}
        if isinstance(called, str):
            inputs = {INPUT: {"shape": stated_shape(called, arguments)}}
            found[name] = {"inputs": inputs, "layers": [{called: arguments}]}
    return found


def _renamed(value: Any, models: dict[str, str]) -> Any:
    """A network that calls its own sub-models by their names in the spec."""
    if isinstance(value, dict):
        return {
            key: models.get(item, item) if key == "model" and isinstance(item, str) else _renamed(item, models)
            for key, item in value.items()
        }
    return [_renamed(item, models) for item in value] if isinstance(value, list) else value
