"""Specs near the bounds of a compilation, and what each verb takes for them.

    python -m tests.proofs.largest [VERB …]

Prints the seconds of the processor and the megabytes of a whole process, by spec and verb. Fails where a process ends in
a traceback, or takes more than a minute.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.security.unbounded_work.test_unbounded_work import GROWING, HEAD

COUNT = 11_900
LIMIT = 60
_LAYERS = "".join("- Dense: {units: 4}\n" for _ in range(COUNT))
SPECS = {
    "layers": f"{HEAD}layers:\n{_LAYERS}",
    "named layers": HEAD + "layers:\n" + "".join(f"- Dense: {{units: 4}}\n  name: d{n}\n" for n in range(COUNT)),
    "repeat": f"{HEAD}layers:\n- {{Dense: {{units: 4}}, repeat: 10000}}\n",
    "each": f"{HEAD}layers:\n- {{Dense: {{units: 1}}, repeat: 5000, name: d}}\n"
    f"- {{Dense: {{units: 1}}, name: c, each: [{', '.join(f'd_{n}' for n in range(5000))}]}}\n- Add\n",
    "expressions": HEAD + "layers:\n" + "".join(f"- Dense: {{units: '${{{n} % 7 + 1}}'}}\n" for n in range(9990)),
    "formulas": HEAD + "layers:\n- {expr: x + 1, name: e0}\n"
    + "".join(f"- {{expr: e{n} * 2 + e{n}, name: e{n + 1}}}\n" for n in range(3990)),
    "vocabulary": "kspec: 1\ninputs: {x: {shape: [2], dtype: string}}\nlayers:\n"
    f"- StringLookup: {{vocabulary: [{', '.join(f'w{n}' for n in range(150_000))}]}}\n"
    "- {Embedding: {input_dim: 150002, output_dim: 2}}\n- Flatten\n- {Dense: {units: 1}}\n",
    **{f"too large: {name}": HEAD + text for name, text in GROWING.items()},
}  # fmt: skip
VERBS = {
    "check": ["check", "spec.yaml"],
    "summary": ["summary", "spec.yaml"],
    "fmt": ["fmt", "--check", "spec.yaml"],
    "render": ["render", "spec.yaml"],
    "plot": ["plot", "spec.yaml"],
    "diff": ["diff", "spec.yaml", "longer.yaml"],
}


def main() -> None:
    verbs = sys.argv[1:] or list(VERBS)
    failures = 0
    print(f"{'':32}" + "".join(f"{verb:>18}" for verb in verbs))
    for name, text in SPECS.items():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "spec.yaml").write_text(text)
            (Path(folder) / "longer.yaml").write_text(text.replace("layers:\n", "layers:\n- Dense: {units: 2}\n"))
            print(f"{name:32}", end="", flush=True)
            for verb in verbs:
                seconds, megabytes, is_sound = measure(VERBS[verb], folder)
                failures += not is_sound
                print(f"{seconds:8.1f} s {megabytes:4.0f} MB{' ' if is_sound else '!'}", end="", flush=True)
            print()
    sys.exit(bool(failures))


def measure(arguments: list[str], folder: str) -> tuple[float, float, bool]:
    """Runs a command line.

    Args:
        arguments: The words after `kspec`.
        folder: The working directory.

    Returns:
        The seconds of the processor, the megabytes, and whether it ended without a traceback and in time.
    """
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, "-m", "kspec", *arguments]
        child = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, preexec_fn=_limit)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        is_sound = child.returncode in (0, 1, 3) and b"Traceback" not in output.read()
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, is_sound


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))


if __name__ == "__main__":
    main()
