"""Precision: of networks as they are known, and of the specs that ship, no rule has anything to say.

Each network is a spec of its own in this folder, small in size. The rules run twice: on the spec alone, and with the
profile of examples that are written for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.compiler.passes import analyse
from kspec.diagnostics import Diagnostic, Report
from kspec.language import load_file
from tests.compiler.networks.examples import write_examples
from tests.conftest import SPECS

HERE = Path(__file__).parent
NETWORKS = sorted(HERE.glob("*.yaml"))
SHIPPED = sorted(SPECS.rglob("*.yaml"))


def told(found: list[Diagnostic]) -> list[str]:
    return [f"{d.code} {d.message}" for d in found]


def read_and_check(path: Path) -> list[str]:
    """The diagnostics of reading a spec's data, and of the rules that use it."""
    compiled = compile_spec(path, data="always")
    assert compiled.dataset is None or compiled.dataset.profile.parts["train"]
    return told(compiled.report.sorted())


def test_there_are_enough_networks():
    assert len(NETWORKS) >= 40


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_network_has_no_diagnostics(path):
    assert told(kspec.check(path, ignore=["KS501"])) == []  # the data is not there


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_network_with_examples_has_no_diagnostics(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    spec = load_file(copy)
    if not write_examples(spec, analyse(spec, Report()), tmp_path):
        pytest.skip("has no table of its own")
    assert told(kspec.check(copy)) == []
    assert read_and_check(copy) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(SPECS).as_posix())
def test_shipped_spec_has_no_diagnostics(path):
    assert told(kspec.check(path)) == []


@pytest.mark.parametrize(
    "path",
    [p for p in SHIPPED if "data:" in p.read_text() and "images:" not in p.read_text()],
    ids=lambda path: path.relative_to(SPECS).as_posix(),
)
def test_shipped_spec_with_its_data_has_no_diagnostics(path):
    assert read_and_check(path) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_network_builds_and_trains(path, tmp_path):
    """Keras builds the networks, and trains on a few batches."""
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    spec = load_file(copy)
    if write_examples(spec, analyse(spec, Report()), tmp_path):
        import keras

        keras.utils.clear_session()  # metrics are counted by Keras over the whole process
        assert kspec.run(copy, smoke=True).status == "finished"
    elif spec.document.data is None:
        assert told(kspec.check(copy, with_keras=True)) == []
