"""The public functions; `import kspec` offers them."""

from kspec.api.runs import evaluate, list_runs, open, predict, resume, serve, watch, write_report
from kspec.api.specs import build, check, from_keras, load, run

__all__ = [
    "build",
    "check",
    "evaluate",
    "from_keras",
    "list_runs",
    "load",
    "open",
    "predict",
    "resume",
    "run",
    "serve",
    "watch",
    "write_report",
]
