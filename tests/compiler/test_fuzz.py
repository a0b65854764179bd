"""Whatever a spec contains, reading and checking it ends in diagnostics with positions inside the file."""

import io
import string
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source
from kspec.diagnostics.render import render
from kspec.language import load_source
from kspec.syntax.dump import dump
from tests.conftest import SPECS

GOOD = [path.read_text(encoding="utf-8") for path in sorted(SPECS.rglob("*.yaml"))]
WORDS = sorted({word for text in GOOD for word in text.replace("\n", " ").split(" ") if word})
QUICK = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def judge(text: str) -> None:
    start = time.process_time()
    report = Report()
    spec = load_source(Source("spec.yaml", text), report)
    if spec is not None:
        analyse(spec, report)
    assert time.process_time() - start < 5  # a hang; the script that prints the slowest case is tests/proofs/fuzz.py
    lines = Source("", text).lines
    for problem in report.sorted():
        assert problem.message
        if problem.span is not None and problem.span.source.name == "spec.yaml":
            assert 1 <= problem.span.line <= len(lines) + 1
            assert 1 <= problem.span.column <= max(len(line) for line in lines) + 2
            assert (problem.span.end_line, problem.span.end_column) >= (problem.span.line, problem.span.column)
    for format in ("text", "json", "sarif", "github"):
        render(report.sorted(), format, io.StringIO())


@QUICK
@given(st.binary(max_size=400))
def test_random_bytes(data):
    judge(data.decode("utf-8", errors="replace"))


@QUICK
@given(st.text(alphabet=string.printable + "äß漢😀\u2028\x00\x85", max_size=400))
def test_random_text(text):
    judge(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
SECTIONS = (
    "kspec",
    "name",
    "task",
    "seed",
    "vars",
    "data",
    "inputs",
    "layers",
    "outputs",
    "compile",
    "fit",
    "evaluate",
    "predict",
)


def documents():
    """Specs of random sections."""
    network = {"kspec": 1, "inputs": {"x": {"shape": [4]}}, "layers": ["Flatten"]}
    sections = st.dictionaries(st.sampled_from(SECTIONS), VALUES, max_size=10)
    return sections.map(lambda values: dump({**network, **values}))


@settings(QUICK, max_examples=100)
@given(documents())
def test_random_documents(text):
    judge(text)


@st.composite
def mutated(draw):
    """A valid spec with a few words deleted, doubled or replaced."""
    words = draw(st.sampled_from(GOOD)).split(" ")
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(words) - 1))
        change = draw(st.sampled_from(("cut", "double", "replace", "swap", "insert")))
        if change == "cut":
            del words[place]
        elif change == "double":
            words.insert(place, words[place])
        elif change == "replace":
            words[place] = draw(st.sampled_from(WORDS))
        elif change == "insert":
            words[place] += draw(st.sampled_from(list("{}[]:,&*!|>'\"%@`$#-\n\t")))
        else:
            other = draw(st.integers(0, len(words) - 1))
            words[place], words[other] = words[other], words[place]
        if not words:
            return ""
    return " ".join(words)


@QUICK
@given(mutated())
def test_mutated_specs(text):
    judge(text)
