"""Our own layout: nothing lies on anything else, lines pass boxes by, and what can be straight is."""

import random
from itertools import combinations

import pytest

from kspec.diagram.collapse import picture
from kspec.diagram.labels import sketch
from kspec.diagram.layout import lay_out
from kspec.ir import Tensor
from tests.diagram.test_diagram import chain, given, graph_of, layer


def laid_out(graph, framed=True):
    return lay_out(
        sketch(picture(graph, {}, 9), brief=False, framed=framed), lambda row: 0.6 * row.points * len(row.text)
    )


def random_graph(seed):
    """Branches, merges, several outputs of a node, roles, and uses of blocks."""
    choose = random.Random(seed)
    nodes = [given("x"), given("y")]
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
def test_nothing_lies_on_anything_else(seed):
    layout = laid_out(random_graph(seed))
    assert all(apart(one, other) for one, other in combinations(layout.items, 2))
    for item in layout.items:
        assert item.width / 2 < item.x < layout.width - item.width / 2
        assert item.height / 2 < item.y < layout.height - item.height / 2


@pytest.mark.parametrize("seed", range(30))
def test_lines_run_downwards_and_pass_boxes_by(seed):
    layout = laid_out(random_graph(seed))
    for line in layout.lines:
        heights = [round(y, 6) for _, y in line.points]
        assert heights == sorted(heights)
        for (x, top), (_, bottom) in list(zip(line.points, line.points[1:], strict=False))[2:-2:2]:
            assert 0 < x < layout.width
            for item in layout.items:
                beside = abs(item.x - x) > item.width / 2
                assert beside or item.y + item.height / 2 <= top or item.y - item.height / 2 >= bottom


def test_a_chain_is_straight():
    layout = laid_out(chain(60))
    assert len({round(item.x, 6) for item in layout.items}) == 1
    assert [item.y for item in layout.items] == sorted(item.y for item in layout.items)


def test_a_branching_without_need_of_crossings_has_none():
    graph = graph_of(
        given("a"), given("b"),
        layer("b1", "ReLU", "b"), layer("a1", "ReLU", "a"), layer("b2", "ReLU", "b"), layer("a2", "ReLU", "a"),
        layer("b3", "Add", ["b1", "b2"]), layer("a3", "Add", ["a2", "a1"]),
    )  # fmt: skip
    places = {item.rows[0].text: item.x for item in laid_out(graph).items}
    left, right = sorted("ab", key=lambda name: places[name])
    assert max(places[f"{left}1"], places[f"{left}2"]) < min(places[f"{right}1"], places[f"{right}2"])


def test_an_input_stands_above_its_first_use():
    graph = graph_of(given("x"), given("late"), *chain(9).nodes.values(), layer("both", "Add", ["n7", "late"]))
    layout = laid_out(graph)
    level = {item.rows[0].text: item.level for item in layout.items}
    assert level["late"] == level["both"] - 1


def test_words_stand_on_their_line_just_above_the_node():
    feeds = {"query": Tensor("x"), "value": Tensor("n3")}
    layout = laid_out(graph_of(*chain(5).nodes.values(), layer("attend", "MultiHeadAttention", "", feeds=feeds)))
    level = {item.rows[0].text: item.level for item in layout.items}
    assert level["query"] == level["value"] == level["attend"] - 1
    assert sum(line.head for line in layout.lines) == len(layout.lines) - 2


def test_frames_hold_their_nodes_alone():
    one = [
        layer("use/a", "ReLU", "x"),
        layer("use/deep/b", "ReLU", "use/a"),
        layer("use/c", "Add", ["use/deep/b", "x"]),
    ]
    layout = laid_out(graph_of(given("x"), *one, layer("after", "ReLU", "use/c")))
    assert layout.clear
    outer, inner = layout.frames
    assert (outer.title, inner.title) == ("use", "deep")
    assert outer.left < inner.left < inner.right < outer.right
    assert outer.top < inner.top < inner.bottom < outer.bottom
    inside = [item.rows[0].text for item in layout.items if outer.top < item.y < outer.bottom]
    assert inside == ["a", "b", "c"]


def entangled():
    """A block that a node outside stands within."""
    return graph_of(
        given("x"), layer("use/a", "ReLU", "x"), layer("between", "ReLU", "use/a"), layer("use/b", "ReLU", "between")
    )


def test_a_frame_about_others_is_not_clear_and_without_frames_all_is():
    assert not laid_out(entangled()).clear
    layout = laid_out(entangled(), framed=False)
    assert layout.clear
    assert layout.frames == []


def test_where_no_frame_can_be_drawn_names_are_whole(tmp_path, monkeypatch):
    import sys

    from kspec.diagram.diagram import draw

    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    draw(entangled(), None, tmp_path / "g.svg", "svg")
    assert ">use/a<" in (tmp_path / "g.svg").read_text(encoding="utf-8")
