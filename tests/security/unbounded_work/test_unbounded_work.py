"""Small specs that stand for more than any machine holds: each ends with one diagnostic, in bounded time and memory."""

import json
import resource
import subprocess
import sys

import pytest

HEAD = "kspec: 1\ninputs: {x: {shape: [2]}}\n"
END = "layers: [{Dense: {units: 1}}]\n"


def _lists(depth: int) -> str:
    return "vars:\n  v0: [1, 1, 1, 1]\n" + "".join(
        f"  v{n + 1}: [$v{n}, $v{n}, $v{n}, $v{n}, $v{n}, $v{n}]\n" for n in range(depth)
    )


def _joined(count: int, form: str) -> str:
    return ", ".join(form.format(number) for number in range(count))


GROWING = {
    "lists of lists": _lists(20) + END,
    "a text of lists": _lists(20) + "description: 'a ${v20}'\n" + END,
    "comparisons": _lists(5) + "layers: [{Dense: {units: 1}, when: '${v5 == v5}', repeat: 10000}]\n",
    "aliases": "vars:\n  v0: &v0 [1, 1]\n"
    + "".join(f"  v{n + 1}: &v{n + 1} [*v{n}, *v{n}]\n" for n in range(40))
    + END,
    "aliases of text": f"vars: {{v: &v {'x' * 10_000}, w: [{_joined(2000, '*v')}]}}\n" + END,
    "what is left out": "blocks: {a: {layers: [{Dense: {units: 1}, repeat: 10000, when: false}]}}\n"
    "layers: [{block: a, repeat: 10000}]\n",
    "errors": "blocks: {a: {layers: [{block: nope, repeat: 10000}]}}\nlayers: [{block: a, repeat: 10000}]\n",
    "blocks that double": "blocks: {b0: {layers: [Flatten]}, "
    + _joined(31, "b{0}x: {{layers: [{{block: b{0}}}, {{block: b{0}}}]}}").replace("b0x", "b1")
    + "}\nlayers: [{block: b0, repeat: 10000}, {block: b0, repeat: 10000}]\n",
    "copies of a literal": f"layers: [{{StringLookup: {{vocabulary: [{_joined(1000, 'w{}')}]}}, repeat: 10000}}]\n",
    "groups of groups": "layers:\n- {Dense: {units: 1}, repeat: 200, name: d}\n"
    f"- {{Dense: {{units: 1}}, name: g, each: [{_joined(200, 'd_{}')}]}}\n"
    f"- {{Dense: {{units: 1}}, name: h, each: [{_joined(200, 'g')}]}}\n",
    "edges": "layers:\n- {Dense: {units: 1}, repeat: 1000, name: d}\n"
    f"- {{Dense: {{units: 1}}, name: g, each: [{_joined(1000, 'd_{}')}]}}\n"
    "- {Add: {}, from: g, repeat: 2}\n- {Concatenate: {}, from: [" + _joined(300, "g") + "]}\n",
    "sub-models": "models: {"
    + _joined(300, "m{}: {{inputs: {{z: {{shape: [2]}}}}, layers: [Flatten]}}")
    + "}\nlayers: [{model: m0}]\n",
    "outputs": f"layers: [{_joined(1100, '{{Dense: {{units: 1}}, name: d{}, from: x}}')}]\n"
    f"outputs: [{_joined(1100, 'd{}')}]\n",
}
OTHER = {
    "KS014": "vars:\n  v0: abcdefgh\n"
    + "".join(f"  v{n + 1}: '${{v{n}}}${{v{n}}}'\n" for n in range(40))
    + "  p: '${9**9**9}'\n"
    + END,
    "KS109": "layers: [{Dense: {units: 1}, name: " + "a" * 100_000 + "}]\n",
    "KS112": "layers: [{Dense: {units: '" + "9_" * 500 + "'}}]\n",
    "KS201": "layers: [{Dense: {units: 1}, from: '" + "a/" * 50_000 + "b'}]\n",
    "KS302": f"layers: [{{op: cast, call: {{dtype: int64}}}}, {{IntegerLookup: {{vocabulary: [{_joined(80_000, '{}')}, 9]}}}}]\n",
    "KS501": "layers: [{Dense: {units: 1}}]\nweights: " + "a/" * 50_000 + "b.weights.h5\n",
}
CHILD = """
import json, sys
from kspec.compiler.check import check_spec
from kspec.diagnostics import Source
json.dump([[d.code for d in check_spec(Source("spec.yaml", text)).diagnostics] for text in json.load(sys.stdin)],
          sys.stdout)
"""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


@pytest.fixture(scope="module")
def codes() -> dict[str, list[str]]:
    specs = GROWING | OTHER
    texts = json.dumps([HEAD + text for text in specs.values()])
    child = subprocess.run(
        [sys.executable, "-c", CHILD], input=texts, capture_output=True, text=True, check=True, preexec_fn=_limit
    )
    return dict(zip(specs, json.loads(child.stdout), strict=True))


@pytest.mark.parametrize("kind", GROWING)
def test_a_spec_that_grows_ends_with_one_diagnostic(codes, kind):
    assert codes[kind].count("KS006") == 1


@pytest.mark.parametrize("code", OTHER)
def test_a_value_beyond_its_bound_is_reported(codes, code):
    assert code in codes[code]
