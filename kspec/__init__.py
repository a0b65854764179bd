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
    from kspec.api import (
        build,
        check,
        evaluate,
        from_keras,
        list_runs,
        load,
        open,
        predict,
        resume,
        run,
        serve,
        watch,
        write_report,
    )
    from kspec.contract.judge import judge
    from kspec.diagnostics import Diagnostic, SpecError
    from kspec.language import Spec
    from kspec.runs.run import Run
    from kspec.runs.run_contract import load_contract

_HOMES = {
    "build": "kspec.api",
    "check": "kspec.api",
    "evaluate": "kspec.api",
    "from_keras": "kspec.api",
    "list_runs": "kspec.api",
    "judge": "kspec.contract.judge",
    "load": "kspec.api",
    "load_contract": "kspec.runs.run_contract",
    "open": "kspec.api",
    "predict": "kspec.api",
    "resume": "kspec.api",
    "run": "kspec.api",
    "serve": "kspec.api",
    "watch": "kspec.api",
    "write_report": "kspec.api",
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
