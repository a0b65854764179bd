"""Processes whose parent is killed."""

import subprocess
import sys

import pytest

BEGUN = {
    "sweep": """
from concurrent.futures import ProcessPoolExecutor
from kspec.sweep.workers import Workers
from kspec.language import load_file
from pathlib import Path
pool = Workers(load_file("spec.yaml"), Path("."), 2)._processes()
pool.submit(print, "child", flush=True).result()
input()
""",
    "process": """
import multiprocessing
from child import print_and_wait
multiprocessing.get_context("spawn").Process(target=print_and_wait).start()
input()
""",
}
"""Programs that begin a process, which holds their standard output, too."""
CHILD = """
from threading import Event

from kspec.runs.parent import end_with_parent


def print_and_wait():
    end_with_parent()
    print("child", flush=True)
    Event().wait()
"""
SPEC = """
kspec: 1
inputs: {x: {shape: [4]}}
layers: [{Dense: {units: 1}}]
"""


@pytest.mark.parametrize("name", BEGUN)
def test_a_process_ends_with_its_parent(tmp_path, name):
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "child.py").write_text(CHILD)
    program = tmp_path / "program.py"
    program.write_text("if __name__ == '__main__':\n" + "\n".join(f"    {line}" for line in BEGUN[name].splitlines()))
    with subprocess.Popen(
        [sys.executable, str(program)], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout.readline() == b"child\n"
        parent.kill()
        parent.communicate(timeout=60)  # standard output has an end once nobody holds it
