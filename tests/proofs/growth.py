"""Grows valid specs until the budget speaks: each number, list, text and nesting is doubled, step by step.

    python -m tests.proofs.growth [SECONDS] [SEED]

Each step runs `kspec check` in a child process with bounded memory. It fails where a check takes more than the seconds
that `kspec/docs/limits.md` states for the slowest specs, takes more than 400 MB, or ends in a traceback. Seconds are
those of the child's processor, as a part of what a check of 50 layers takes: other processes and slower machines do
not make it fail.
"""

from __future__ import annotations

import copy
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kspec.syntax.dump import dump

MAX_SECONDS, UNIT_SECONDS = 3.2, 0.28
"""For the slowest specs, as `limits.md` states it, and for 50 layers, both on the machine that the page is about."""
MAX_MEMORY_MB = 400
START_UP = 0.2
"""What a check takes before the spec is read, as a part of its seconds: a child process has imported kspec already."""
LARGEST = 8 << 20
SEEDS: list[dict[str, Any]] = [
    {
        "kspec": 1,
        "vars": {"width": 4, "sizes": [4, 8], "word": "relu", "nested": [["$sizes", "$width"], "$sizes"]},
        "inputs": {"x": {"shape": [4]}, "y": {"shape": [4, 2]}},
        "blocks": {
            "b": {"params": [{"u": 3}], "layers": [{"Dense": {"units": "$u"}, "repeat": 2}, {"Dense": {"units": 4}}]},
            "c": {"layers": [{"block": "b"}, {"block": "b", "when": "${width > 4}"}]},
        },
        "models": {"m": {"inputs": {"z": {"shape": [4]}}, "layers": [{"Dense": {"units": 2, "activation": "$word"}}]}},
        "layers": [
            {"Dense": {"units": "${width * 2}"}, "from": "x", "name": "a"},
            {"block": "c", "with": {}, "from": "a", "name": "d"},
            {"Dense": {"units": "${index + 1}"}, "repeat": 3, "name": "h"},
            {"Dense": {"units": 4}, "each": ["a", "d", "h"], "name": "g"},
            {"Concatenate": {}, "from": "g", "name": "joined"},
            {"model": "m", "from": "a", "name": "called"},
            {"Flatten": {}, "from": "y"},
            {"Concatenate": {}, "from": ["joined", "called", "flatten"]},
            {"expr": "joined * 2 + joined", "name": "e"},
            {"Dense": {"units": 1}, "name": "out"},
        ],
        "compile": {"loss": "mse", "metrics": ["mae", "mse"]},
        "fit": {
            "epochs": 3,
            "callbacks": [{"EarlyStopping": {"monitor": "val_loss", "patience": 3}}],
            "stages": [{"epochs": 1, "unfreeze": ["a", "h_*"]}, {"epochs": 2}],
        },
        "data": {"synthetic": {"examples": 20}},
    },
    {
        "kspec": 1,
        "inputs": {"x": {"shape": [8, 8, 3]}},
        "layers": [
            {"Conv2D": {"filters": 4, "kernel_size": [3, 3], "padding": "same"}, "name": "c", "repeat": 2},
            {"UpSampling2D": {"size": 2}},
            {"op": "expand_dims", "call": {"axis": 1}},
            "Flatten",
            {"Dense": {"units": 2, "name_": 1}, "from": "unknown"},
            {"Dense": {"units": 2}, "name": "left"},
            {"Dense": {"units": 3}, "from": "left", "name": "right"},
        ],
        "outputs": ["left", "right"],
        "compile": {"loss": {"left": "mse", "right": "mae"}},
    },
]
Place = tuple[str | int, ...]


class Measure(NamedTuple):
    """What a check took: seconds of the processor, megabytes, and what it printed at most."""

    seconds: float
    memory: float
    status: int
    output: str


def check(text: str, folder: Path) -> Measure:
    """Runs `kspec check` on a text in a child process."""
    file, printed = folder / "spec.yaml", folder / "printed.txt"
    file.write_text(text, encoding="utf-8")
    pid = os.fork()
    if pid == 0:
        _check_here(file, printed)
    _, status, used = os.wait4(pid, 0)
    output = printed.read_text(encoding="utf-8", errors="replace") if printed.exists() else ""
    return Measure(
        used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), output[-2000:]
    )


def _check_here(file: Path, printed: Path) -> None:
    from kspec.compiler.check import check_spec
    from kspec.diagnostics.render import render

    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (40, 40))
    status = 70
    with printed.open("w", encoding="utf-8") as stream:
        try:
            render(check_spec(file).diagnostics, "text", stream)
            status = 0
        except BaseException as error:
            stream.write(f"Traceback: {type(error).__name__}: {error}"[:500])
    os._exit(status)


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """The places of all values in a value."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def value_at(value: Any, path: Place) -> Any:
    for key in path:
        value = value[key]
    return value


def doubled(value: Any, way: str, step: int) -> Any:
    """A value of twice the size.

    Args:
        value: The value.
        way: `size`, or `depth` for one more level with the value in it twice.
        step: The number of doublings before.
    """
    if way == "depth":
        return [value, value] if step % 2 else {"a": value, "b": value}
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value * 2
    if isinstance(value, str):
        return value * 2
    if isinstance(value, list):
        return value + [_other(item, step) for item in copy.deepcopy(value)]
    return value | {f"{key}{'x' if step < 1 else step}": item for key, item in copy.deepcopy(value).items()}


def _other(item: Any, step: int) -> Any:
    """A copy of a list's item, with another name."""
    if isinstance(item, dict) and isinstance(item.get("name"), str):
        return item | {"name": f"{item['name']}{step}"}
    return item


class Growth(NamedTuple):
    """What the growth of specs showed.

    Args:
        failures: The checks that failed, one line each.
        steps: The number of checks.
        worst: The largest part of its time that a check took.
        bounded: How many specs grew until the budget spoke.
    """

    failures: list[str]
    steps: int
    worst: float
    bounded: int


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    growth = grow(seconds, seed)
    print(
        f"{growth.steps:,} steps; {growth.bounded} specs grew until the budget spoke; "
        f"the slowest took {growth.worst:.2f} of its bound; {len(growth.failures)} failures"
    )
    for failure in growth.failures:
        print(failure)
    sys.exit(bool(growth.failures))


def grow(seconds: float, seed: int) -> Growth:
    """Grows values at random places for some time.

    Args:
        seconds: How long.
        seed: Where the choice of places begins.
    """
    import kspec.compiler.check  # noqa: F401  # before the children are made

    chance, end, failures, steps, worst, bounded = random.Random(seed), time.monotonic() + seconds, [], 0, 0.0, 0
    layers = "".join(f"- Dense: {{units: 4}}\n  name: d{n}\n" for n in range(50))
    small = f"kspec: 1\ninputs: {{x: {{shape: [2]}}}}\nlayers:\n{layers}"
    with tempfile.TemporaryDirectory() as folder:
        unit = min(check(small, Path(folder)).seconds for _ in range(3)) / (UNIT_SECONDS - START_UP)
        bound = unit * (MAX_SECONDS - START_UP)
        while time.monotonic() < end:
            spec = copy.deepcopy(chance.choice(SEEDS))
            path = chance.choice(list(places(spec))[1:])
            way = chance.choice(["size", "size", "depth"])
            for step, text in enumerate(texts(spec, path, way)):
                if time.monotonic() > end:
                    break
                measured = check(text, Path(folder))
                steps += 1
                worst = max(worst, measured.seconds / bound)
                if measured.seconds > bound or measured.memory > MAX_MEMORY_MB or measured.status:
                    failures.append(
                        f"seed {seed}, {path} {way}, step {step}: {measured.seconds:.1f} s of {bound:.1f} s, "
                        f"{measured.memory:.0f} MB, status {measured.status}: {measured.output[:200]}"
                    )
                    break
                if "KS006" in measured.output:
                    bounded += 1
                    break
    return Growth(failures, steps, worst, bounded)


def texts(spec: dict[str, Any], path: Place, way: str) -> Iterator[str]:
    """A spec as YAML, with one of its values doubled again and again, until it is larger than a spec can be.

    Args:
        spec: The spec, which is changed.
        path: The place of the value.
        way: `size` or `depth`, as in `doubled`.
    """
    for step in range(40):
        holder = value_at(spec, path[:-1])
        holder[path[-1]] = doubled(holder[path[-1]], way, step)
        text = _text(spec)
        if text is None:
            return
        yield text


def _text(spec: dict[str, Any]) -> str | None:
    """The spec as YAML; None if it has become larger than a spec can be."""
    if sum(1 for _ in _first(places(spec), 400_000)) >= 400_000:
        return None
    try:
        text = dump(spec)
    except (RecursionError, ValueError):  # a number of thousands of digits
        return None
    return text if len(text) <= LARGEST else None


def _first(items: Iterator[Any], count: int) -> Iterator[Any]:
    for _, item in zip(range(count), items, strict=False):
        yield item


if __name__ == "__main__":
    main()
