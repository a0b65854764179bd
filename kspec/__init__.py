"""kspec: a declarative language for neural networks, and its compiler.

For example, train the model of a spec:

    import kspec

    run = kspec.run("specs/mlp.yaml")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec._version import __version__

__all__ = [
    "Diagnostic",
    "Run",
    "Spec",
    "SpecError",
    "__version__",
    "build",
    "check",
    "evaluate",
    "from_keras",
    "judge",
    "list_runs",
    "load",
    "load_contract",
    "open",
    "predict",
    "resume",
    "run",
    "serve",
    "watch",
    "write_report",
]

if TYPE_CHECKING:
    from kspec.api.runs import evaluate, list_runs, open, predict, resume, serve, watch, write_report
    from kspec.api.specs import build, check, from_keras, load, run
    from kspec.contract.judge import judge
    from kspec.diagnostics import Diagnostic, SpecError
    from kspec.language import Spec
    from kspec.runs.run import Run
    from kspec.runs.run_contract import load_contract

_HOMES = {
    "build": "kspec.api.specs",
    "check": "kspec.api.specs",
    "evaluate": "kspec.api.runs",
    "from_keras": "kspec.api.specs",
    "list_runs": "kspec.api.runs",
    "judge": "kspec.contract.judge",
    "load": "kspec.api.specs",
    "load_contract": "kspec.runs.run_contract",
    "open": "kspec.api.runs",
    "predict": "kspec.api.runs",
    "resume": "kspec.api.runs",
    "run": "kspec.api.specs",
    "serve": "kspec.api.runs",
    "watch": "kspec.api.runs",
    "write_report": "kspec.api.runs",
    "Diagnostic": "kspec.diagnostics",
    "SpecError": "kspec.diagnostics",
    "Run": "kspec.runs.run",
    "Spec": "kspec.language",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import kspec` takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kspec' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
