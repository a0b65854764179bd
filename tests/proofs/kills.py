"""Kills runs at random moments, resumes them, and compares them with runs that were never stopped.

    python -m tests.proofs.kills [KILLS] [SEED] [SPEC ...]

A child process runs a spec and is killed, mostly with SIGKILL, else with a signal that lets it save first: half of the
moments are drawn from the whole run, half from one of its parts, so that short ones such as saving are hit as well.
Another one resumes it, and may be killed as well. In the end, weights, history, metrics, predictions and the log must have the same bits. A run with the engine `auto` is
compared with one that has the engines which it had chosen. Prints a line for each kill, and how many hit each part;
exits with status 1 if a run differs.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.proofs.kill_specs import COLUMNS, OWN_CALLBACKS, SPECS

SIGNALS = (*[signal.SIGKILL] * 5, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FILES = ("history.csv", "predictions.csv", "metrics.json", "log.csv")
_PARTS = mmap.mmap(-1, 64)
"""The part of the run that a child process is in, after a number that counts the parts so far; its parent reads it."""


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    choice = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    names = sys.argv[3:] or list(SPECS)
    _import_all()
    _make_place(choice)
    whole: dict[str, str] = {}
    timelines: dict[str, list[tuple[str, float]]] = {}
    failures = done = turn = 0
    hits = Counter[str]()
    while done < kills:
        name, turn = names[turn % len(names)], turn + 1
        if name not in whole:
            assert _child(lambda name=name: _run(name), None) is None
            timelines[name] = json.loads(Path("timeline.json").read_text())
            whole[name] = _digest(_newest(name))
        timeline, before = timelines[name], _newest(name)
        parts = [_child(lambda name=name: _run(name), _moment(timeline, choice), choice.choice(SIGNALS))]
        folder = _newest(name)
        started = folder != before and _has_record(folder)
        while started and done + len(parts) < kills and choice.random() < 0.3 and not _is_finished(folder):
            moment = 0, choice.uniform(0.0, timeline[-1][1])
            parts.append(_child(lambda folder=folder: _resume(folder), moment, choice.choice(SIGNALS)))
        if not started:
            same = "killed before it had a folder"
        else:
            if not _is_finished(folder):
                parts.append(_child(lambda folder=folder: _resume(folder), None))
            same = "same" if _is_finished(folder) and _digest(folder) == _expected(name, folder, whole) else "DIFFERENT"
        failures += same == "DIFFERENT"
        struck = [part for part in parts if part is not None]
        hits.update(struck)
        done += max(1, len(struck))
        print(f"{name}: killed while it was in {', '.join(struck) or 'none'}: {same}  {folder}", flush=True)
    print(
        f"{sum(hits.values())} kills, {failures} runs that differ: {', '.join(f'{part} {n}' for part, n in hits.items())}"
    )
    sys.exit(1 if failures else 0)


def _import_all() -> None:
    """Imports what all children need, once; it computes nothing, so that processes can be forked from this one."""
    from kspec.backend.tensorflow import import_tensorflow

    import_tensorflow()
    import kspec.runs.resume  # noqa: F401
    from kspec.runs.execute import Execution
    from kspec.training.checkpoints.recording import CheckpointCallback, Checkpoints
    from kspec.training.engine import auto, fused  # noqa: F401

    # a run as short as these would never try XLA
    auto.MIN_MEASURED_SECONDS, auto.MIN_COMPILE_SECONDS = 0.05, 0.01
    auto.DEFAULT_SPEEDUP, auto.COMPILE_FACTOR = 1e6, 0.01
    timed, write = Execution._timed, Checkpoints.write

    @contextmanager
    def watched_step(self: Execution, step: str) -> Iterator[None]:
        _enter("tracing" if step == "fit" else step)
        with timed(self, step):
            yield
        _enter("between steps")

    def watched_write(self: Checkpoints, *arguments: Any) -> None:
        _enter("checkpoint")
        write(self, *arguments)
        _enter("training")

    Execution._timed = watched_step  # type: ignore[method-assign]
    Checkpoints.write = watched_write  # type: ignore[method-assign]
    for event, part in (("epoch_begin", "training"), ("test_begin", "validation"), ("test_end", "training")):
        before = getattr(CheckpointCallback, f"on_{event}")

        def watched(self: CheckpointCallback, *arguments: Any, before: Any = before, part: str = part) -> None:
            _enter(part)
            before(self, *arguments)

        setattr(CheckpointCallback, f"on_{event}", watched)


_TIMELINE: list[tuple[str, float]] = []
_started = 0.0


def _enter(part: str) -> None:
    """Tells the parent process which part of the run begins."""
    _TIMELINE.append((part, time.monotonic() - _started))
    _PARTS[:] = f"{len(_TIMELINE)} {part}".encode().ljust(64)


def _part() -> tuple[int, str]:
    """The number of parts of a child so far, and the one that it is in."""
    number, _, part = bytes(_PARTS).decode().strip().partition(" ")
    return int(number), part


def _moment(timeline: list[tuple[str, float]], choice: random.Random) -> tuple[int, float]:
    """A random moment of a run.

    Args:
        timeline: Its parts and when they began; at last, its end.
        choice: Draws it.

    Returns:
        The number of a part, and the seconds after its begin.
    """
    if choice.random() < 0.5:
        return 0, choice.uniform(0.0, timeline[-1][1])
    part = choice.choice(sorted({part for part, _ in timeline[:-1]}))
    number = choice.choice([number for number, (name, _) in enumerate(timeline[:-1]) if name == part])
    return number + 1, choice.uniform(0.0, timeline[number + 1][1] - timeline[number][1])


def _make_place(choice: random.Random) -> None:
    """Makes a working directory with all specs and their data."""
    os.chdir(tempfile.mkdtemp(prefix="kspec-kills-"))
    sys.path.insert(0, os.getcwd())
    os.environ["KSPEC_CACHE"] = os.path.abspath("cache")
    rows = [[choice.gauss(0, 1) for _ in COLUMNS] for _ in range(200)]
    table = [
        ",".join((*COLUMNS, "kind")),
        *(f"{','.join(f'{x:.3f}' for x in row)},{int(sum(row) > 0)}" for row in rows),
    ]
    Path("table.csv").write_text("\n".join(table) + "\n")
    Path("own_callbacks.py").write_text(OWN_CALLBACKS)
    for name, text in SPECS.items():
        Path(f"{name}.yaml").write_text(f"kspec: 1\nname: {name}\n{text}")


def _run(name: str, *overrides: str) -> None:
    from kspec.language import Permissions, load_file
    from kspec.runs.members import run_spec

    spec = load_file(f"{name}.yaml", overrides, Permissions(code=True))
    run_spec(spec, cache=name == "stored")


def _resume(folder: Path) -> None:
    from kspec.language import Permissions
    from kspec.runs.resume import resume_run

    resume_run(folder, permissions=Permissions(code=True))


def _child(
    task: Callable[[], None], moment: tuple[int, float] | None, number: signal.Signals = signal.SIGKILL
) -> str | None:
    """Runs a task in a child process, which is killed at a moment.

    Args:
        task: The task.
        moment: The number of a part of the run, and the seconds after its begin; None to let it end.
        number: The signal.

    Returns:
        The part in which it was killed; None if it had ended.
    """
    global _started
    _PARTS[:] = b"0 start".ljust(64)
    _started = time.monotonic()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            task()
            _enter("end")
            Path("timeline.json").write_text(json.dumps(_TIMELINE))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    end = None
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            if status:
                print(f"a process ended with status {os.waitstatus_to_exitcode(status)}", flush=True)
            return None
        if moment is not None and end is None and _part()[0] >= moment[0]:
            end = time.monotonic() + moment[1]
        if end is not None and time.monotonic() >= end:
            part = _part()[1]
            os.kill(pid, number)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if number == signal.SIGKILL:
                return part
            if status not in (0, -number, 1):
                print(f"a process ended with status {status} after {number.name}", flush=True)
            return f"{part} ({number.name})"
        time.sleep(0.002)


def _newest(name: str) -> Path:
    return max(Path("runs", name).glob("2*"), key=lambda path: path.name, default=Path("runs", name, "none"))


def _has_record(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _is_finished(folder: Path) -> bool:
    return '"status": "finished"' in (folder / "run.json").read_text()


def _expected(name: str, folder: Path, whole: dict[str, str]) -> str:
    """The digest of a run that was never stopped.

    Args:
        name: The spec's name.
        folder: The run that went on; a run with the engine `auto` is repeated with its engines.
        whole: By name, the digests of specs that always train alike.
    """
    if name != "auto":
        return whole[name]
    engine = json.loads((folder / "run.json").read_text())["engine"]
    _child(lambda: _run(name, f"fit.engine={json.dumps(engine)}"), None)
    print(f"auto: chose {engine}", flush=True)
    return _digest(_newest(name))


def _digest(folder: Path) -> str:
    """What two runs must have in common: files, events, and the weights of the model, whose file also holds times."""
    import h5py

    found = hashlib.sha256()
    for name in FILES:
        if (folder / name).exists():
            found.update((folder / name).read_bytes())
    for part in sorted(folder.glob("logs/*")):
        found.update(repr(_events(part)).encode())
    with zipfile.ZipFile(folder / "model.keras") as archive, archive.open("model.weights.h5") as file:
        weights, values = h5py.File(file, "r"), list[bytes]()
        weights.visititems(lambda _, item: values.append(item[()].tobytes()) if hasattr(item, "dtype") else None)
    return hashlib.sha256(found.digest() + b"".join(values)).hexdigest()


def _events(folder: Path) -> list[tuple[str, int, bytes]]:
    """What TensorBoard would show of a folder: tags, steps and values, without graphs and times."""
    from tensorboard.backend.event_processing.directory_loader import DirectoryLoader
    from tensorboard.backend.event_processing.event_file_loader import TimestampedEventFileLoader

    events = DirectoryLoader(str(folder), TimestampedEventFileLoader).Load()
    values = [(value, event.step) for event in events for value in event.summary.value]
    return sorted((value.tag, step, value.tensor.SerializeToString()) for value, step in values if value.tag != "keras")


if __name__ == "__main__":
    main()
