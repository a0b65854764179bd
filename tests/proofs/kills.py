"""Kills runs at random moments, resumes them, and compares them with runs that were never stopped.

    python -m tests.proofs.kills [KILLS] [SEED]

A child process runs a spec and is killed with SIGKILL, at any moment: while it reads, traces, compiles, trains,
validates, saves. Another one resumes it, and may be killed as well. In the end, weights, history, metrics, predictions
and the log must have the same bits. Prints a line for each kill; exits with status 1 if one differs.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KSPEC_CACHE"] = "off"

from kspec.backend.tensorflow import import_tensorflow

FILES = ("history.csv", "predictions.csv", "metrics.json", "log.csv")
HEAD = """\
kspec: 1
name: {name}
data: {{csv: table.csv, inputs: [a, b, c, d], targets: {{y: kind}}}}
inputs: {{x: {{shape: [4]}}}}
layers:
  - Dense: {{units: 8, activation: relu}}
    name: first
  - BatchNormalization
  - Dropout: {{rate: 0.3}}
  - Dense: {{units: 1, activation: sigmoid}}
    name: y
"""
CALLBACKS = """
  callbacks:
    - EarlyStopping: {patience: 8, restore_best_weights: true}
    - ReduceLROnPlateau: {patience: 1, factor: 0.5}
    - CSVLogger: {filename: log.csv}
    - ModelCheckpoint: {filepath: best.keras, save_best_only: true}
"""
FITS = {
    "keras": "fit:\n  epochs: 12\n  batch_size: 8\n  engine: keras\n  class_weight: balanced\n"
    "  checkpoint: {every: 7 steps}" + CALLBACKS,
    "fused": "fit:\n  epochs: 40\n  batch_size: 8\n  engine: fused\n  checkpoint: {every: 1 epoch}" + CALLBACKS,
    "fused_xla": "fit:\n  epochs: 40\n  batch_size: 8\n  engine: fused_xla\n  checkpoint: {every: 11 steps}"
    + CALLBACKS,
    "averages": "compile: {optimizer: {AdamW: {use_ema: true, ema_momentum: 0.9}}}\n"
    "fit: {epochs: 30, batch_size: 8, keep: best, engine: fused, checkpoint: {every: 1 epoch}}\n",
    "mixed": "dtype_policy: mixed_float16\nfit: {epochs: 30, batch_size: 8, engine: fused, checkpoint: {every: 9 steps}}\n",
    "stages": "fit:\n  batch_size: 8\n  engine: fused\n  keep: best\n  checkpoint: {every: 5 steps}\n  stages:\n"
    "    - {name: head, epochs: 15, trainable: {first: false}}\n"
    "    - {name: all, epochs: 15, trainable: {first: true}, optimizer: {SGD: {momentum: 0.9}}}" + CALLBACKS,
    "minutes": "fit: {epochs: 40, batch_size: 8, engine: fused}\n",
}


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    choice = random.Random(seed)
    import_tensorflow()  # once, in the process from which the others are forked; it computes nothing
    os.chdir(tempfile.mkdtemp(prefix="kspec-kills-"))
    rows = [[choice.gauss(0, 1) for _ in range(4)] for _ in range(200)]
    table = ["a,b,c,d,kind", *(f"{','.join(f'{x:.3f}' for x in row)},{int(sum(row) > 0)}" for row in rows)]
    Path("table.csv").write_text("\n".join(table) + "\n")
    names, whole, seconds = list(FITS), dict[str, str](), dict[str, float]()
    failures = done = 0
    while done < kills:
        name = names[done % len(names)]
        if name not in whole:
            Path(f"{name}.yaml").write_text(HEAD.format(name=name) + FITS[name])
            started = time.monotonic()
            assert _child(lambda name=name: _run(name), None) == 0
            seconds[name], whole[name] = time.monotonic() - started, _digest(_newest(name))
        moments, before = [choice.uniform(0.0, seconds[name])], _newest(name)
        _child(lambda name=name: _run(name), moments[0])
        folder = _newest(name)
        if folder == before:
            folder = folder.with_name("none")
        while done + len(moments) < kills and choice.random() < 0.3 and _has_record(folder):
            moments.append(choice.uniform(0.0, seconds[name]))
            _child(lambda folder=folder: _resume(folder), moments[-1])
        if not _has_record(folder):
            same = "killed before it had a folder"
        elif _is_finished(folder):
            same = "same" if _digest(folder) == whole[name] else "DIFFERENT"
        else:
            status = _child(lambda folder=folder: _resume(folder), None)
            same = "same" if status == 0 and _digest(folder) == whole[name] else "DIFFERENT"
        failures += same == "DIFFERENT"
        done += len(moments)
        times = ", ".join(f"{moment:.2f} s" for moment in moments)
        print(f"{name}: killed after {times} of {seconds[name]:.1f} s: {same}  {folder}", flush=True)
    print(f"{done} kills, {failures} runs that differ")
    sys.exit(1 if failures else 0)


def _run(name: str) -> None:
    import kspec

    kspec.run(f"{name}.yaml")


def _resume(folder: Path) -> None:
    from kspec.runs.resume import resume_run

    resume_run(folder)


def _child(task: Callable[[], None], kill_after: float | None) -> int:
    """Runs a task in a child process, which is killed after some seconds; returns its status, -9 if it was killed."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            task()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    end = time.monotonic() + (kill_after if kill_after is not None else 3600.0)
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _newest(name: str) -> Path:
    return max(Path("runs", name).glob("2*"), key=lambda path: path.name, default=Path("runs", name, "none"))


def _has_record(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _is_finished(folder: Path) -> bool:
    return '"status": "finished"' in (folder / "run.json").read_text()


def _digest(folder: Path) -> str:
    """What two runs must have in common: files, and the weights of the model, whose file also holds times."""
    import h5py

    found = hashlib.sha256()
    for name in FILES:
        if (folder / name).exists():
            found.update((folder / name).read_bytes())
    with zipfile.ZipFile(folder / "model.keras") as archive, archive.open("model.weights.h5") as file:
        weights, values = h5py.File(file, "r"), list[bytes]()
        weights.visititems(lambda _, item: values.append(item[()].tobytes()) if hasattr(item, "dtype") else None)
    return hashlib.sha256(found.digest() + b"".join(values)).hexdigest()


if __name__ == "__main__":
    main()
