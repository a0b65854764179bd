"""The picture of a graph, by Graphviz and without it: what stands in it, and that it stays in bounds. No TensorFlow."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from kspec.catalog import find
from kspec.cli import main
from kspec.diagram.diagram import NAMES_ONLY_ABOVE, REFUSED_ABOVE, GraphTooLarge, NodeFacts, draw
from kspec.ir import Graph, Node, Tensor
from tests.conftest import SPECS


def given(name):
    return Node(name, "input", "", ("inputs", name))


def layer(name, head, source, arguments=None, **more):
    feeds = more.pop("feeds", None)
    if feeds is None:
        feeds = {"inputs": [Tensor(s) for s in source] if isinstance(source, list) else Tensor(source)}
    kind = more.pop("kind", "layer")
    catalog = find(kind, head) if kind == "layer" else None
    return Node(name, kind, head, ("layers", 0), catalog, arguments or {}, feeds, **more)


def graph_of(*nodes, outputs=None):
    return Graph({node.name: node for node in nodes}, outputs or {nodes[-1].name: Tensor(nodes[-1].name)})


def chain(count):
    nodes = [given("x")]
    nodes += [layer(f"n{i}", "Dense", f"n{i - 1}" if i else "x", {"units": 4}) for i in range(count - 1)]
    return graph_of(*nodes)


@pytest.fixture(params=["graphviz", "matplotlib"])
def painter(request, monkeypatch):
    """What draws; matplotlib does where Graphviz cannot be loaded."""
    if request.param == "matplotlib":
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return request.param


@pytest.fixture
def drawn(tmp_path, painter):
    """Draws as SVG, and gives its texts in one string, written alike."""

    def draw_texts(graph, facts=None):
        path = tmp_path / "graph.svg"
        draw(graph, facts, path, "svg")
        svg = path.read_text(encoding="utf-8")
        texts = re.findall(r"<text[^>]*>(.*?)</text>", svg)
        return "\n".join(unescape(text).replace("\xa0", " ") for text in texts)

    return draw_texts


def test_a_node_shows_name_class_shape_and_parameters(drawn):
    graph = graph_of(given("x"), layer("hidden", "Dense", "x", {"units": 10, "activation": "relu"}))
    facts = {"x": NodeFacts("", "(null, 10)", 0, True), "hidden": NodeFacts("(null, 10)", "(null, 10)", 1110, True)}
    texts = drawn(graph, facts)
    assert "hidden\nDense 10, relu\n(null, 10)  ·  1,110 parameters\noutput" in texts


def test_without_facts_names_and_layers_are_drawn(drawn):
    assert drawn(graph_of(given("x"), layer("drop", "Dropout", "x", {"rate": 0.1}))).splitlines() == [
        "x", "input", "drop", "Dropout 0.1", "output",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "arguments", "words"),
    [
        ("Bidirectional", {"layer": {"LSTM": {"units": 8}}}, "Bidirectional(LSTM 8)"),
        ("TimeDistributed", {"layer": "Flatten"}, "TimeDistributed(Flatten)"),
        ("RNN", {"cell": [{"LSTMCell": {"units": 4}}, {"GRUCell": {"units": 5}}]}, "RNN(LSTMCell 4, GRUCell 5)"),
        ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}, "Conv2D 32, 3×3, relu"),
        ("Conv2D", {"filters": 32, "kernel_size": [3, 5], "strides": 2}, "Conv2D 32, 3×5, stride 2"),
        ("Conv1D", {"filters": 8, "kernel_size": 5, "strides": 1}, "Conv1D 8, 5"),
        (
            "Embedding",
            {"input_dim": {"vocabulary_of": "words"}, "output_dim": 16},
            "Embedding vocabulary of words → 16",
        ),
        (
            "Dense",
            {"units": {"classes_of": "kind"}, "activation": {"LeakyReLU": {}}},
            "Dense classes of kind, LeakyReLU",
        ),
        ("MultiHeadAttention", {"num_heads": 4, "key_dim": 16}, "MultiHeadAttention 4 heads, key 16"),
        ("Rescaling", {"scale": 1 / 255}, "Rescaling scale 0.003922"),
        ("Flatten", {}, "Flatten"),
        ("Dense", {"units": 1, "activation": None, "use_bias": False}, "Dense 1"),
    ],
)
def test_the_telling_arguments(drawn, head, arguments, words):
    assert words in drawn(graph_of(given("x"), layer("node", head, "x", arguments))).splitlines()


def test_what_is_special_is_said_in_words(drawn):
    graph = graph_of(
        given("x"),
        layer("scaled", "Normalization", "x"),
        layer("known", "Normalization", "scaled", {"mean": 0.0, "variance": 1.0}),
        layer("fixed", "Dense", "known", {"units": 4}, trainable=False),
        layer("again", "fixed", "known", kind="reuse"),
        layer("flat", "Flatten", "again"),
        layer("flat_again", "flat", "fixed", kind="reuse"),
        layer("largest", "max", "flat", kind="op", constants={"axis": 1}, feeds={"x": Tensor("flat")}),
        outputs={"answer": Tensor("largest"), "flat_again": Tensor("flat_again")},
    )
    facts = {name: NodeFacts("", "(null, 4)", 9 if name in ("scaled", "fixed") else 0, True) for name in graph.nodes}
    texts = drawn(graph, facts)
    assert texts.count("adapts to the data") == 1
    assert texts.count("frozen") == 2
    assert "same weights as fixed, frozen" in texts
    assert "output, same layer as flat" in texts
    assert "op max axis 1" in texts
    assert "output answer" in texts


def test_edges_carry_arguments_where_a_call_takes_several(drawn):
    x = Tensor("x")
    graph = graph_of(
        given("x"),
        layer("state", "LSTM", "x", {"units": 4}, outputs=("sequence", "h", None)),
        layer("merged", "Add", ["x", "x"]),
        layer("attend", "MultiHeadAttention", "", feeds={"query": x, "value": x, "key": Tensor("state")}),
        layer("decode", "LSTM", "", feeds={"sequences": Tensor("attend"), "initial_state": [Tensor("state", 1), x]}),
        layer("less", "Subtract", ["decode", "merged"]),
    )  # fmt: skip
    texts = [text.strip() for text in drawn(graph).splitlines()]
    wanted = [
        "query, value",
        "sequence → key",
        "sequences",
        "h → initial_state 0",
        "initial_state 1",
        "first",
        "second",
    ]
    assert [words for words in wanted if texts.count(words) != 1] == []
    assert "inputs" not in texts


def test_odd_names_and_values_are_shown_as_they_are(drawn):
    odd = "a<b>&\"c'\\N"
    texts = drawn(graph_of(given(odd), layer("<html>", "my.pkg.Gated<&>", odd, {"text": 'x < "y" & \n z'})))
    assert texts.splitlines() == [odd, "input", "<html>", 'Gated<&> text x < "y" &   z', "output"]


def test_a_block_is_framed(drawn):
    graph = graph_of(given("x"), layer("use/a", "ReLU", "x"), layer("use/deep/b", "ReLU", "use/a"))
    texts = drawn(graph).splitlines()
    assert [words for words in ("use", "a", "deep", "b") if texts.count(words) != 1] == []


def test_png_is_sharp_and_dot_is_text(tmp_path, painter):
    graph = chain(3)
    draw(graph, None, tmp_path / "g.png", "png")
    data = (tmp_path / "g.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") > 2 * 1.9 * 96  # twice a screen's dots; a box is 1.9 inches wide
    draw(graph, None, tmp_path / "g.dot", "dot")
    assert '"n0" -> "n1"' in (tmp_path / "g.dot").read_text()


def test_pictures_are_the_same_each_time(tmp_path, painter):
    for name in ("a.svg", "b.svg"):
        draw(chain(5), None, tmp_path / name, "svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_nothing_is_said_on_standard_error(tmp_path, capfd, painter):
    draw(graph_of(given("x"), layer("文字", "ReLU", "x")), None, tmp_path / "g.svg", "svg")
    assert capfd.readouterr() == ("", "")


def test_many_nodes_show_names_alone_and_a_tall_picture_fits(tmp_path, drawn):
    graph = chain(NAMES_ONLY_ABOVE + 1)
    assert "Dense" not in drawn(graph)
    draw(graph, None, tmp_path / "g.png", "png")
    height = int.from_bytes((tmp_path / "g.png").read_bytes()[20:24], "big")
    assert 10_000 < height <= 32_767


def test_too_large_a_graph_is_refused_and_written_as_dot(tmp_path, painter):
    graph = chain(REFUSED_ABOVE + 1)
    with pytest.raises(GraphTooLarge, match=r"the graph has 2,001 nodes, and at most 2,000"):
        draw(graph, None, tmp_path / "g.svg", "svg")
    draw(graph, None, tmp_path / "g.dot", "dot")
    assert (tmp_path / "g.dot").stat().st_size > 0


def test_a_graph_of_very_long_connections_is_refused():
    graph = chain(300)
    graph.nodes["all"] = layer("all", "Concatenate", list(graph.nodes))
    with pytest.raises(GraphTooLarge, match="connections pass by"):
        draw(graph, None, Path("never.svg"), "svg")


SPEC = """\
kspec: 1
name: small
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 2}
    name: answer
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC)
    return "small.yaml"


def test_the_verb_says_where_the_picture_is(spec, capsys):
    assert main(["plot", spec, "--no-shapes"]) == 0
    assert capsys.readouterr().out == "small.svg (2 nodes)\n"
    assert "answer" in Path("small.svg").read_text()
    assert main(["plot", spec, "--no-shapes", "-o", "other.DOT", "--set", "layers.answer.units=7"]) == 0
    assert "Dense 7" in Path("other.DOT").read_text()


def test_the_verb_refuses_other_formats_and_faulty_specs(spec, capsys):
    assert main(["plot", spec, "-o", "small.jpg"]) == 2
    assert "a picture is .svg, .png, .dot or .mmd, and not small.jpg" in capsys.readouterr().err
    Path(spec).write_text(SPEC.replace("units", "unit"))
    assert main(["plot", spec, "--no-shapes"]) == 1
    assert "small.yaml:5:" in capsys.readouterr().err
    Path(spec).write_text(SPEC)
    assert main(["plot", spec, "--no-shapes", "-o", "nowhere/small.svg"]) == 3
    assert capsys.readouterr().err == "kspec: nowhere/small.svg: No such file or directory\n"


def test_a_picture_with_shapes_needs_no_tensorflow(tmp_path):
    code = (
        f"import sys; from kspec.cli import main; main(['plot', {str(SPECS / 'mlp.yaml')!r}, '-o', 'a.dot']);"
        "print('tensorflow' in sys.modules, '220 parameters' in open('a.dot').read())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert shown.stdout.splitlines()[-1] == "False True"


def test_mermaid_frames_blocks(tmp_path):
    path = tmp_path / "graph.mmd"
    dense = layer("use/a", "Dense", "x", {"units": 2})
    draw(graph_of(given("x"), dense, layer("y", "Flatten", "use/a")), None, path, "mermaid")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:9] == [
        "flowchart TD",
        'n0("<b>x</b><br/>input")',
        'subgraph fn1_1 ["use"]',
        'n1("<b>a</b><br/>Dense 2")',
        "end",
        "style fn1_1 fill:none,stroke:#D5DDE6,color:#5B6B7C",
        'n2("<b>y</b><br/>Flatten<br/><i>output</i>")',
        "n0 --> n1",
        "n1 --> n2",
    ]


def test_mermaid_spells_letters_of_its_own(tmp_path):
    path = tmp_path / "graph.mmd"
    op = layer("x_", "einsum", "x", kind="op", constants={"subscripts": 'a"#`<b>&'})
    draw(graph_of(given("x"), op), None, path, "mermaid")
    assert "op einsum subscripts a#quot;#35;#96;#lt;b#gt;#amp;" in path.read_text(encoding="utf-8")
