"""Specs that have grown: each check ends without a traceback, in bounded memory.

Times are judged by the proof itself, on a machine that does nothing else: `python -m tests.proofs.growth`.
"""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.proofs.growth import MAX_MEMORY_MB

PLACES = [
    (0, ["vars", "nested"], "depth"),
    (0, ["blocks", "b", "layers"], "size"),
    (0, ["layers", 2, "repeat"], "size"),
    (0, ["fit", "stages"], "size"),
    (1, ["layers"], "size"),
]
LARGEST = 50_000
CHILD = """
import copy, itertools, json, pathlib, sys, tempfile
import kspec.compiler.check
from tests.proofs.growth import SEEDS, check, texts
places, largest = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    for seed, path, way in places:
        sizes = itertools.takewhile(lambda text: len(text) < largest, texts(copy.deepcopy(SEEDS[seed]), path, way))
        print(json.dumps(check(list(sizes)[-1], pathlib.Path(folder))))
"""


@pytest.mark.slow
def test_checks_of_specs_that_have_grown_end_in_bounded_memory():
    command = [sys.executable, "-c", CHILD, json.dumps([PLACES, LARGEST])]
    child = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    measures = [json.loads(line) for line in child.stdout.splitlines()]
    assert len(measures) == len(PLACES)
    assert [status for _, _, status, _ in measures] == [0] * len(PLACES), measures
    assert max(memory for _, memory, _, _ in measures) <= MAX_MEMORY_MB
