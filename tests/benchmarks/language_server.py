"""The response time of the language server after an edit: diagnostics, then hints.

    python -m tests.benchmarks.language_server

A client talks to the server over standard input and output. Times are medians of several edits, relative to the time of
importing Keras in the same run. Nothing is asserted, because machines differ.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import SPECS
from tests.lsp.client import Editor

EDITS = 15
HEAD = "kspec: 1\ntask: regression\ninputs: {x: {shape: [8]}}\nlayers:\n"
LAYER = "  - Dense: {units: 8, activation: relu}\n"


def main() -> None:
    mlp = (SPECS / "mlp.yaml").read_text(encoding="utf-8")
    texts = {
        "specs/mlp.yaml": (mlp, "units: 20"),
        "5,000 lines": (HEAD + "  - Dense: {units: 20}\n" + LAYER * 4995, "units: 20"),
    }
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import keras"], check=True, capture_output=True)
    keras = time.perf_counter() - start
    print(f"import keras            {keras * 1000:6.0f} ms")
    with tempfile.TemporaryDirectory() as folder, Editor(Path(folder)) as editor:
        for name, (text, word) in texts.items():
            editor.open(text)
            diagnostics, hints, errors = [], [], []
            for number in range(EDITS):
                new = f"units: {21 + number}"
                diagnostics.append(_timed(editor.type, word, new))
                hints.append(_timed(editor.hints))
                errors.append(_timed(editor.type, new, "unts: 1"))
                editor.type("unts: 1", new)
                word = new
            for what, seconds in (("diagnostics", diagnostics), ("then hints", hints), ("new error", errors)):
                median, worst = statistics.median(seconds), max(seconds)
                print(
                    f"{name:15} {what:12} {median * 1000:6.0f} ms (worst {worst * 1000:.0f}), "
                    f"{median / keras:.4f} of importing Keras"
                )


def _timed(call: object, *arguments: str) -> float:
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
