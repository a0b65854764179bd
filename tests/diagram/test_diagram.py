"""Diagrams by Graphviz and by matplotlib: their content and their limits. Without TensorFlow."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from kspec.catalog import find
from kspec.cli import main
from kspec.diagram.diagram import MAX_NODES, MAX_NODES_WITH_DETAILS, GraphTooLarge, draw
from kspec.diagram.diagram_graph import NodeInfo
from kspec.ir import Graph, Node, Tensor
from tests.conftest import SPECS


def input_node(name):
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
    nodes = [input_node("x")]
    nodes += [layer(f"n{i}", "Dense", f"n{i - 1}" if i else "x", {"units": 4}) for i in range(count - 1)]
    return graph_of(*nodes)


@pytest.fixture(params=["graphviz", "matplotlib"])
def renderer(request, monkeypatch):
    """The library that draws; matplotlib does if Graphviz cannot be loaded."""
    if request.param == "matplotlib":
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return request.param


@pytest.fixture
def drawn(tmp_path, renderer):
    """Draws as SVG and returns all its text in one string, with plain spaces."""

    def draw_texts(graph, info=None):
        path = tmp_path / "graph.svg"
        draw(graph, info, path, "svg")
        svg = path.read_text(encoding="utf-8")
        texts = re.findall(r"<text[^>]*>(.*?)</text>", svg)
        return "\n".join(unescape(text).replace("\xa0", " ") for text in texts)

    return draw_texts


def test_a_node_shows_name_class_shape_and_parameters(drawn):
    graph = graph_of(input_node("x"), layer("hidden", "Dense", "x", {"units": 10, "activation": "relu"}))
    info = {"x": NodeInfo("", "(null, 10)", 0, True), "hidden": NodeInfo("(null, 10)", "(null, 10)", 1110, True)}
    texts = drawn(graph, info)
    assert "hidden\nDense 10, relu\n(null, 10)  ·  1,110 parameters\noutput" in texts


def test_without_infos_only_names_and_layers_are_drawn(drawn):
    assert drawn(graph_of(input_node("x"), layer("drop", "Dropout", "x", {"rate": 0.1}))).splitlines() == [
        "x",
        "input",
        "drop",
        "Dropout 0.1",
        "output",
    ]


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
def test_the_main_arguments_are_shown(drawn, head, arguments, words):
    assert words in drawn(graph_of(input_node("x"), layer("node", head, "x", arguments))).splitlines()


def test_notes_say_everything_that_colours_show(drawn):
    graph = graph_of(
        input_node("x"),
        layer("scaled", "Normalization", "x"),
        layer("known", "Normalization", "scaled", {"mean": 0.0, "variance": 1.0}),
        layer("fixed", "Dense", "known", {"units": 4}, trainable=False),
        layer("again", "fixed", "known", kind="reuse"),
        layer("flat", "Flatten", "again"),
        layer("flat_again", "flat", "fixed", kind="reuse"),
        layer("largest", "max", "flat", kind="op", constants={"axis": 1}, feeds={"x": Tensor("flat")}),
        outputs={"answer": Tensor("largest"), "flat_again": Tensor("flat_again")},
    )
    info = {name: NodeInfo("", "(null, 4)", 9 if name in ("scaled", "fixed") else 0, True) for name in graph.nodes}
    texts = drawn(graph, info)
    assert texts.count("adapts to the data") == 1
    assert texts.count("frozen") == 2
    assert "same weights as fixed, frozen" in texts
    assert "output, same layer as flat" in texts
    assert "op max axis 1" in texts
    assert "output answer" in texts


def test_edges_are_labelled_if_a_call_has_several_arguments(drawn):
    x = Tensor("x")
    graph = graph_of(
        input_node("x"),
        layer("state", "LSTM", "x", {"units": 4}, outputs=("sequence", "h", None)),
        layer("merged", "Add", ["x", "x"]),
        layer("attend", "MultiHeadAttention", "", feeds={"query": x, "value": x, "key": Tensor("state")}),
        layer("decode", "LSTM", "", feeds={"sequences": Tensor("attend"), "initial_state": [Tensor("state", 1), x]}),
        layer("less", "Subtract", ["decode", "merged"]),
    )
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


def test_special_characters_are_shown_literally(drawn):
    odd = "a<b>&\"c'\\N"
    texts = drawn(graph_of(input_node(odd), layer("<html>", "my.pkg.Gated<&>", odd, {"text": 'x < "y" & \n z'})))
    assert texts.splitlines() == [odd, "input", "<html>", 'Gated<&> text x < "y" &   z', "output"]


def test_a_block_is_framed(drawn):
    graph = graph_of(input_node("x"), layer("use/a", "ReLU", "x"), layer("use/deep/b", "ReLU", "use/a"))
    texts = drawn(graph).splitlines()
    assert [words for words in ("use", "a", "deep", "b") if texts.count(words) != 1] == []


def test_png_is_sharp_and_dot_is_text(tmp_path, renderer):
    graph = chain(3)
    draw(graph, None, tmp_path / "g.png", "png")
    data = (tmp_path / "g.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") > 2 * 1.9 * 96  # twice a screen's dots; a box is 1.9 inches wide
    draw(graph, None, tmp_path / "g.dot", "dot")
    assert '"n0" -> "n1"' in (tmp_path / "g.dot").read_text()


def test_drawing_is_deterministic(tmp_path, renderer):
    for name in ("a.svg", "b.svg"):
        draw(chain(5), None, tmp_path / name, "svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_nothing_is_printed_to_standard_error(tmp_path, capfd, renderer):
    draw(graph_of(input_node("x"), layer("文字", "ReLU", "x")), None, tmp_path / "g.svg", "svg")
    assert capfd.readouterr() == ("", "")


def test_a_large_graph_shows_names_only_and_a_tall_image_fits(tmp_path, drawn):
    graph = chain(MAX_NODES_WITH_DETAILS + 1)
    assert "Dense" not in drawn(graph)
    draw(graph, None, tmp_path / "g.png", "png")
    height = int.from_bytes((tmp_path / "g.png").read_bytes()[20:24], "big")
    assert 10_000 < height <= 32_767


def test_a_graph_too_large_for_a_layout_can_be_written_as_dot(tmp_path, renderer):
    graph = chain(MAX_NODES + 1)
    with pytest.raises(GraphTooLarge, match=r"the graph has 2,001 nodes; a layout takes at most 2,000"):
        draw(graph, None, tmp_path / "g.svg", "svg")
    draw(graph, None, tmp_path / "g.dot", "dot")
    assert (tmp_path / "g.dot").stat().st_size > 0


def test_a_graph_whose_edges_cross_too_many_levels_is_refused():
    graph = chain(300)
    graph.nodes["all"] = layer("all", "Concatenate", list(graph.nodes))
    with pytest.raises(GraphTooLarge, match="edges cross"):
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


def test_plot_prints_the_path(spec, capsys):
    assert main(["plot", spec, "--no-shapes"]) == 0
    assert capsys.readouterr().out == "small.svg (2 nodes)\n"
    assert "answer" in Path("small.svg").read_text()
    assert main(["plot", spec, "--no-shapes", "-o", "other.DOT", "--set", "layers.answer.units=7"]) == 0
    assert "Dense 7" in Path("other.DOT").read_text()


def test_plot_rejects_other_formats_and_invalid_specs_and_creates_folders(spec, capsys):
    assert main(["plot", spec, "-o", "small.jpg"]) == 2
    assert "-o must end in .svg, .png, .dot or .mmd: small.jpg" in capsys.readouterr().err
    Path(spec).write_text(SPEC.replace("units", "unit"))
    assert main(["plot", spec, "--no-shapes"]) == 1
    assert "small.yaml:5:" in capsys.readouterr().err
    Path(spec).write_text(SPEC)
    assert main(["plot", spec, "--no-shapes", "-o", "small.yaml/small.svg"]) == 3
    assert "small.yaml" in capsys.readouterr().err
    assert main(["plot", spec, "--no-shapes", "-o", "new/small.svg"]) == 0
    assert Path("new/small.svg").is_file()


def test_a_diagram_with_shapes_needs_no_tensorflow(tmp_path):
    code = (
        f"import sys; from kspec.cli import main; main(['plot', {str(SPECS / 'mlp.yaml')!r}, '-o', 'a.dot']);"
        "print('tensorflow' in sys.modules, '220 parameters' in open('a.dot').read())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert shown.stdout.splitlines()[-1] == "False True"


def test_mermaid_frames_blocks(tmp_path):
    path = tmp_path / "graph.mmd"
    dense = layer("use/a", "Dense", "x", {"units": 2})
    draw(graph_of(input_node("x"), dense, layer("y", "Flatten", "use/a")), None, path, "mermaid")
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


def test_mermaid_escapes_special_characters(tmp_path):
    path = tmp_path / "graph.mmd"
    op = layer("x_", "einsum", "x", kind="op", constants={"subscripts": 'a"#`<b>&'})
    draw(graph_of(input_node("x"), op), None, path, "mermaid")
    assert "op einsum subscripts a#quot;#35;#96;#lt;b#gt;#amp;" in path.read_text(encoding="utf-8")
