"""Fixtures that several tests share."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KSPEC_CACHE"] = "off"  # cached measurements must not influence tests

import pytest
from hypothesis import HealthCheck, settings

from kspec.diagnostics import Report, Source
from tests.support.project import project  # noqa: F401 (a fixture for all tests)

# the same cases at each run: a search for new ones is a proof of its own, in `tests/proofs`
settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent
SPECS = ROOT / "specs"


@pytest.fixture
def codes():
    """A function: text of a spec → the codes of its diagnostics."""

    def check(text, **options):
        return [d.code for d in diagnostics_of(text, **options)]

    return check


def spec_of(text, report=None, **permissions):
    """The spec of a text; None if it has errors."""
    from kspec.language import Permissions, load_source

    return load_source(Source("spec.yaml", text), report or Report(), (), Permissions(**permissions))


def diagnostics_of(text, **permissions):
    """The diagnostics of a text."""
    from kspec.compiler.passes import analyse

    report = Report()
    spec = spec_of(text, report, **permissions)
    if spec is not None:
        analyse(spec, report)
    return report.sorted()


def network(layers, inputs="{x: {shape: [4]}}", more=""):
    """A complete spec with these layers."""
    return f"kspec: 1\ninputs: {inputs}\nlayers:\n{layers}\n{more}"
