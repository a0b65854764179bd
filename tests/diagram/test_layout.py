"""kspec's own layout: nothing overlaps, lines avoid boxes, and chains are straight."""

import random
from itertools import combinations

import pytest

from kspec.diagram.collapse import collapse
from kspec.diagram.labels import sketch
from kspec.diagram.layout import lay_out
from kspec.ir import Tensor
from tests.diagram.test_diagram import chain, graph_of, input_node, layer


def layout_of(graph, framed=True):
    return lay_out(
        sketch(collapse(graph, {}, 9), brief=False, framed=framed), lambda row: 0.6 * row.points * len(row.text)
    )


def random_graph(seed):
    """Branches, merges, nodes with several outputs, labelled edges, and uses of blocks."""
    choose = random.Random(seed)
    nodes = [input_node("x"), input_node("y")]
    for index in range(choose.randint(3, 40)):
        first, second = (choose.choice(nodes[-6:]).name for _ in range(2))
        name = f"{choose.choice(['', '', 'one/', 'one/two/'])}n{index}"
        if choose.random() < 0.3:
            feeds = {"query": Tensor(first), "value": Tensor(second)}
            nodes.append(layer(name, "MultiHeadAttention", "", feeds=feeds))
        else:
            nodes.append(layer(name, "Add", [first, second]))
    return graph_of(*nodes)


def apart(one, other):
    return (
        abs(one.x - other.x) >= (one.width + other.width) / 2 or abs(one.y - other.y) >= (one.height + other.height) / 2
    )


@pytest.mark.parametrize("seed", range(30))
def test_nothing_overlaps(seed):
    layout = layout_of(random_graph(seed))
    assert all(apart(one, other) for one, other in combinations(layout.items, 2))
    for item in layout.items:
        assert item.width / 2 < item.x < layout.width - item.width / 2
        assert item.height / 2 < item.y < layout.height - item.height / 2


@pytest.mark.parametrize("seed", range(30))
def test_lines_run_downwards_and_avoid_boxes(seed):
    layout = layout_of(random_graph(seed))
    for line in layout.lines:
        heights = [round(y, 6) for _, y in line.points]
        assert heights == sorted(heights)
        for (x, top), (_, bottom) in list(zip(line.points, line.points[1:], strict=False))[2:-2:2]:
            assert 0 < x < layout.width
            for item in layout.items:
                beside = abs(item.x - x) > item.width / 2
                assert beside or item.y + item.height / 2 <= top or item.y - item.height / 2 >= bottom


def test_a_chain_is_straight():
    layout = layout_of(chain(60))
    assert len({round(item.x, 6) for item in layout.items}) == 1
    assert [item.y for item in layout.items] == sorted(item.y for item in layout.items)


def test_a_graph_that_can_be_drawn_without_crossings_is():
    graph = graph_of(
        input_node("a"),
        input_node("b"),
        layer("b1", "ReLU", "b"),
        layer("a1", "ReLU", "a"),
        layer("b2", "ReLU", "b"),
        layer("a2", "ReLU", "a"),
        layer("b3", "Add", ["b1", "b2"]),
        layer("a3", "Add", ["a2", "a1"]),
    )
    places = {item.rows[0].text: item.x for item in layout_of(graph).items}
    left, right = sorted("ab", key=lambda name: places[name])
    assert max(places[f"{left}1"], places[f"{left}2"]) < min(places[f"{right}1"], places[f"{right}2"])


def test_an_input_is_just_above_its_first_use():
    graph = graph_of(
        input_node("x"), input_node("late"), *chain(9).nodes.values(), layer("both", "Add", ["n7", "late"])
    )
    layout = layout_of(graph)
    level = {item.rows[0].text: item.level for item in layout.items}
    assert level["late"] == level["both"] - 1


def test_a_label_is_on_its_line_just_above_the_node():
    feeds = {"query": Tensor("x"), "value": Tensor("n3")}
    layout = layout_of(graph_of(*chain(5).nodes.values(), layer("attend", "MultiHeadAttention", "", feeds=feeds)))
    level = {item.rows[0].text: item.level for item in layout.items}
    assert level["query"] == level["value"] == level["attend"] - 1
    assert sum(line.head for line in layout.lines) == len(layout.lines) - 2


def test_frames_enclose_only_their_nodes():
    one = [
        layer("use/a", "ReLU", "x"),
        layer("use/deep/b", "ReLU", "use/a"),
        layer("use/c", "Add", ["use/deep/b", "x"]),
    ]
    layout = layout_of(graph_of(input_node("x"), *one, layer("after", "ReLU", "use/c")))
    assert layout.clear
    outer, inner = layout.frames
    assert (outer.title, inner.title) == ("use", "deep")
    assert outer.left < inner.left < inner.right < outer.right
    assert outer.top < inner.top < inner.bottom < outer.bottom
    inside = [item.rows[0].text for item in layout.items if outer.top < item.y < outer.bottom]
    assert inside == ["a", "b", "c"]


def entangled():
    """A block whose frame would enclose a foreign node."""
    return graph_of(
        input_node("x"),
        layer("use/a", "ReLU", "x"),
        layer("between", "ReLU", "use/a"),
        layer("use/b", "ReLU", "between"),
    )


def test_a_layout_is_not_clear_if_a_frame_encloses_foreign_nodes():
    assert not layout_of(entangled()).clear
    layout = layout_of(entangled(), framed=False)
    assert layout.clear
    assert layout.frames == []


def test_without_frames_boxes_show_full_names(tmp_path, monkeypatch):
    import sys

    from kspec.diagram.diagram import draw

    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    draw(entangled(), None, tmp_path / "g.svg", "svg")
    assert ">use/a<" in (tmp_path / "g.svg").read_text(encoding="utf-8")
