"""Imports every model of `keras.applications`, rebuilds it from its spec, and compares it with the original.

    python -m tests.proofs.applications [NAME …]

Prints a line for each: layers, parameters, lines of the spec, seconds of import and check, and whether configuration,
parameters and predictions (bit for bit, with the same weights) are equal; fails if any differ.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    """Each model runs in a process of its own, which frees its memory."""
    if sys.argv[1:2] == ["--one"]:
        sys.exit(one(sys.argv[2]))
    names = sys.argv[1:] or application_names()
    print(
        f"{'model':<20}{'layers':>7}{'parameters':>13}{'lines':>7}{'compact':>8}{'import':>8}{'check':>7}  same",
        flush=True,
    )
    command = [sys.executable, "-m", "tests.proofs.applications", "--one"]
    failed = [name for name in names if subprocess.run([*command, name], stderr=subprocess.DEVNULL).returncode]
    print(f"{len(names) - len(failed)} of {len(names)} are the same", *failed)
    sys.exit(1 if failed else 0)


def application_names() -> list[str]:
    """The names of all applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def one(name: str) -> int:
    import keras

    line, same = compare(getattr(keras.applications, name)(weights=None))
    print(f"{name:<20}{line}", flush=True)
    return 0 if same else 1


def compare(model: Any) -> tuple[str, bool]:
    """A line about a model, and whether the rebuilt model equals it."""
    import numpy as np

    from kspec.importer.from_model import import_config
    from tests.support.import_round_trip import built, checked
    from tests.support.model_comparison import (
        canonical,
        copy_weights,
        differences,
        predictions_by_output,
        random_inputs,
    )

    config = json.loads(model.to_json())  # not part of the import
    start = time.perf_counter()
    spec = import_config(config, name="model")
    text = spec.text
    imported = time.perf_counter() - start
    start = time.perf_counter()
    checked(text)
    check = time.perf_counter() - start
    compact = import_config(config, name="model", compact=True).text
    rebuilt, _ = built(text)
    changes = differences(canonical(config), canonical(json.loads(rebuilt.to_json())))
    inputs = random_inputs(model, rows=1, unknown=96)
    copy_weights(model, rebuilt)
    theirs, ours = predictions_by_output(model, inputs), predictions_by_output(rebuilt, inputs)
    verdict = {
        "configuration": not changes,
        "parameters": rebuilt.count_params() == model.count_params(),
        "predictions": theirs.keys() == ours.keys() and all(np.array_equal(theirs[key], ours[key]) for key in theirs),
    }
    same = ", ".join(what if is_same else f"NOT {what}" for what, is_same in verdict.items())
    lines = f"{text.count(chr(10)):>7}{compact.count(chr(10)):>8}"
    line = f"{len(model.layers):>7}{model.count_params():>13,}{lines}{imported:>8.2f}{check:>7.2f}  {same}"
    return line + "".join(f"\n  {change}" for change in changes[:5]), all(verdict.values())


if __name__ == "__main__":
    main()
