"""The expansion of blocks, `repeat`, `each` and `when`."""

import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import diagnostics_of, spec_of

RESIDUAL = """\
kspec: 1
task: regression
vars: {width: 4}
inputs: {x: {shape: [4]}}
blocks:
  residual:
    params: [units, deep: 1]
    layers:
      - Dense: {units: $units, activation: relu}
        repeat: $deep
      - Dense: {units: $units}
        name: main
      - Dense: {units: $units}
        from: in
        name: shortcut
        when: "${units != width}"
      - Add:
        from: [main, shortcut]
"""


def graph_of(text):
    report = Report()
    spec = spec_of(text, report)
    assert spec is not None, [d.message for d in report]
    analysis = analyse(spec, report)
    assert not report.has_errors, [d.message for d in report]
    return analysis.graph


def feeds(graph):
    """By call, the nodes that it takes."""
    return {node.name: [tensor.node for tensor in node.tensors()] for node in graph.calls}


def problems(text):
    return [(d.code, d.span.line) for d in diagnostics_of(text)]


def test_the_nodes_of_a_block_have_the_name_of_its_use_as_prefix():
    graph = graph_of(
        RESIDUAL + "layers:\n  - block: residual\n    with: {units: 6}\n    name: up\n  - Dense: {units: 1}\n"
    )
    assert feeds(graph) == {
        "up/dense_0": ["x"],
        "up/main": ["up/dense_0"],
        "up/shortcut": ["x"],
        "up/add": ["up/main", "up/shortcut"],
        "dense": ["up/add"],
    }
    assert graph.nodes["up/shortcut"].arguments == {"units": 6}


def test_the_name_of_an_omitted_entry_stands_for_its_input():
    graph = graph_of(RESIDUAL + "layers:\n  - block: residual\n    with: {units: 4}\n")
    assert feeds(graph)["residual/add"] == ["residual/main", "x"]


def test_repeated_uses_form_a_chain_and_the_name_is_the_last_copy():
    text = (
        RESIDUAL
        + "layers:\n  - block: residual\n    with: {units: 4, deep: 2}\n    repeat: 2\n    name: s\n  - Dense: {units: 1}\n    from: s\n"
    )
    graph = graph_of(text)
    assert feeds(graph)["s_1/dense_0"] == ["s_0/add"]
    assert feeds(graph)["s_1/dense_1"] == ["s_1/dense_0"]
    assert feeds(graph)["s_1/add"] == ["s_1/main", "s_0/add"]
    assert feeds(graph)["dense"] == ["s_1/add"]


def test_a_block_argument_can_use_index():
    text = RESIDUAL + 'layers:\n  - block: residual\n    with: {units: "${4 * (index + 1)}"}\n    repeat: 2\n'
    graph = graph_of(text)
    assert [graph.nodes[f"residual_{k}/main"].arguments["units"] for k in (0, 1)] == [4, 8]


@pytest.mark.parametrize(
    ("from_", "second"), [("[a, b]", ["sum_0", "b"]), ("a", ["sum_0"])]
)  # the other inputs stay as given
def test_a_repeated_layer_takes_the_previous_copy(from_, second):
    head = "Dense: {units: 4}" if from_ == "a" else "Add:"
    text = f"kspec: 1\ntask: regression\ninputs: {{a: {{shape: [4]}}, b: {{shape: [4]}}}}\nlayers:\n  - {head}\n    from: {from_}\n    repeat: 2\n    name: sum\n"
    if from_ == "a":
        text = text.replace(", b: {shape: [4]}", "")
    assert feeds(graph_of(text))["sum_1"] == second


CELL = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}, y: {shape: [4]}, z: {shape: [4]}}
blocks:
  cell:
    inputs: [a, b, c]
    layers:
      - Add:
        from: [a, b, c]
        name: sum
      - Multiply:
        from: [a, c]
        name: product
    outputs: [sum, product]
layers:
  - block: cell
    from: {b: y, a: x, c: z}
    repeat: 3
  - Dense: {units: 1}
"""


@pytest.mark.parametrize(
    "text",
    [CELL, CELL.replace("{b: y, a: x, c: z}", "[x, y, z]\n    name: cell\n    as: [s, p]")],
    ids=["by-name", "in-order"],
)
def test_outputs_of_a_repeated_block_feed_the_inputs_of_the_next_copy_in_order(text, codes):
    graph = graph_of(text)
    taken = feeds(graph)
    assert taken["cell_0/sum"] == ["x", "y", "z"]
    for before, number in (("cell_0", 1), ("cell_1", 2)):
        assert taken[f"cell_{number}/sum"] == [f"{before}/sum", f"{before}/product", "z"]
        assert taken[f"cell_{number}/product"] == [f"{before}/sum", "z"]
    assert taken["dense"] == ["cell_2/sum"]
    assert codes(text) == []


def test_a_repeated_layer_with_named_inputs_chains_its_first_input(codes):
    text = """\
kspec: 1
task: regression
inputs: {x: {shape: [4, 2]}, y: {shape: [5, 2]}}
layers:
  - MultiHeadAttention: {num_heads: 1, key_dim: 2}
    from: {value: y, query: x}
    repeat: 2
    name: attention
  - Dense: {units: 1}
"""
    assert graph_of(text).nodes["attention_1"].feeds == {"value": ("y", 0), "query": ("attention_0", 0)}
    assert codes(text) == []


def test_each_makes_a_copy_per_node_and_its_name_is_their_list():
    text = (
        "kspec: 1\ntask: regression\ninputs: {city: {shape: [2]}, job: {shape: [3]}}\nlayers:\n"
        "  - Dense: {units: 4}\n    each: [city, job]\n    name: code\n"
        "  - Dense: {units: 2}\n    each: code\n    name: deep\n  - Concatenate:\n    from: deep\n"
    )
    assert feeds(graph_of(text)) == {
        "code_city": ["city"],
        "code_job": ["job"],
        "deep_code_city": ["code_city"],
        "deep_code_job": ["code_job"],
        "concatenate": ["deep_code_city", "deep_code_job"],
    }


SEVERAL = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}, y: {shape: [4]}}
blocks:
  both:
    inputs: [a, b]
    layers:
      - Dense: {units: 3}
        from: a
        name: p
      - Dense: {units: 3}
        from: b
        name: q
      - Add:
        from: [p, q]
        name: sum
    outputs: [sum, p]
"""


@pytest.mark.parametrize("from_", ["[x, y]", "{a: x, b: y}", "{b: y, a: x}"])
def test_a_block_with_several_inputs_and_outputs(from_):
    text = (
        SEVERAL
        + f"layers:\n  - block: both\n    from: {from_}\n    as: [total, left]\n    name: u\n  - Concatenate:\n    from: [total, left, u, u/q]\n"
    )
    graph = graph_of(text)
    assert feeds(graph) == {
        "u/p": ["x"], "u/q": ["y"], "u/sum": ["u/p", "u/q"], "concatenate": ["u/sum", "u/p", "u/sum", "u/q"],
    }  # fmt: skip


def test_the_first_entry_of_a_block_with_several_inputs_needs_from():
    text = SEVERAL.replace("        from: a\n        name: p", "        name: p")
    assert problems(text + "layers:\n  - block: both\n    from: [x, y]\n") == [("KS204", 8)]


def test_a_block_use_as_the_last_entry_is_the_output():
    graph = graph_of(RESIDUAL + "layers:\n  - block: residual\n    with: {units: 1}\n    name: price\n")
    assert {name: tensor.node for name, tensor in graph.outputs.items()} == {"price": "price/add"}


def test_nested_blocks_see_only_their_own_names():
    text = (
        RESIDUAL + "  pair:\n    params: [n]\n    layers:\n      - block: residual\n        with: {units: $n}\n"
        "      - block: residual\n        with: {units: $n}\n        name: second\nlayers:\n  - block: pair\n    with: {n: 5}\n"
    )
    graph = graph_of(text)
    assert feeds(graph)["pair/second/main"] == ["pair/second/dense_0"]
    assert feeds(graph)["pair/second/dense_0"] == ["pair/residual/add"]
    wrong = text.replace("from: in", "from: x")
    assert problems(wrong) == [("KS201", 14)]


def test_trainable_of_a_use_applies_to_entries_without_their_own():
    text = RESIDUAL.replace("        name: main", "        name: main\n        trainable: true")
    graph = graph_of(text + "layers:\n  - block: residual\n    with: {units: 6}\n    name: r\n    trainable: false\n")
    assert {name: node.trainable for name, node in graph.nodes.items() if node.kind == "layer"} == {
        "r/dense_0": False, "r/main": True, "r/shortcut": False, "r/add": False,
    }  # fmt: skip


def test_an_error_in_a_block_is_reported_once_with_its_uses():
    text = RESIDUAL.replace("Dense: {units: $units}\n        name: main", "Dense: {unts: $units}\n        name: main")
    uses = (
        "layers:\n  - block: residual\n    with: {units: 4}\n    repeat: 3\n  - block: residual\n    with: {units: 5}\n"
    )
    (problem,) = diagnostics_of(text + uses)
    assert (problem.code, problem.span.line) == ("KS110", 11)
    assert problem.related[0].message == "in `residual_0`, used here (and in 3 more uses)"
    assert problem.related[0].span.line == 20


@pytest.mark.parametrize(
    ("params", "with_", "line"),
    [("[units]", "{units: ten}", 18), ("[units]", '{units: "${-2 * 2}"}', 18), ("[units: ten]", "{}", 5)],
)
def test_an_invalid_block_argument_is_reported_where_it_is_written(params, with_, line):
    text = f"""\
kspec: 1
inputs: {{x: {{shape: [4]}}}}
blocks:
  inner:
    params: {params}
    layers:
      - Dense: {{units: $units}}
      - Dense:
          units: ${{units}}
        name: last
  outer:
    params: [width]
    layers:
      - block: inner
        with: {{units: $width}}
layers:
  - block: inner
    with: {with_}
    repeat: 3
"""
    (problem, *others) = diagnostics_of(text + "  - block: outer\n    with: {width: ten}\n")
    assert (problem.code, problem.span.line) == ("KS112", line)
    assert problem.related[0].message == "used here, in the block `inner` (and in 1 more use)"
    assert problem.related[0].span.line == 7
    (other,) = others
    assert (other.code, other.span.line) == ("KS112", 21)  # passed on by `outer`


def test_an_entry_that_cannot_be_expanded_hides_no_other_error():
    text = RESIDUAL + "layers:\n  - block: residul\n  - Dense: {units: 1}\n  - Dense: {unts: 1}\n    from: x\n"
    assert problems(text) == [("KS218", 20), ("KS110", 22)]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("block: residual", "KS219"),
        ("block: residual\n    with: {units: 3, deeep: 1}", "KS219"),
        ("block: residual\n    with: 3", "KS219"),
        ("block: residual\n    with: {units: 3}\n    from: [x, x]", "KS206"),
        ("block: residual\n    with: {units: 3}\n    from: {y: x}", "KS205"),
        ("block: residual\n    with: {units: 3}\n    as: [a, b]", "KS210"),
        ("block: residual\n    with: {units: 3}\n    call: {a: 1}", "KS104"),
        ("Dense: {units: 3}\n    repeat: 0", "KS221"),
        ("Dense: {units: 3}\n    repeat: -2", "KS221"),
        ("Dense: {units: 3}\n    repeat: 1000000", "KS221"),
        ("Dense: {units: 3}\n    repeat: 9999\n  - block: residual\n    with: {units: 3, deep: 9999}\n    repeat: 9999", "KS006"),
        ("Dense: {units: 3}\n    repeat: two", "KS221"),
        ("Dense: {units: 3}\n    repeat: 2\n    each: [x]", "KS221"),
        ("Dense: {units: 3}\n    each: []", "KS221"),
        ("Dense: {units: 3}\n    each: [x]\n    from: x", "KS221"),
        ("Dense: {units: 3}\n    when: 1", "KS221"),
        ("Add:\n    from: [x, x]\n    when: false", "KS221"),
        ("Dense: {units: 3}\n    when: $no", "KS013"),
        ("Dense: {units: 3}\n    when: ${1 +}", "KS014"),
        ("Dense: {units: 3}\n    repeat: $no", "KS013"),
        ("Dense: {units: 3}\n    each: [$no]", "KS013"),
        ("block: $no", "KS013"),
        ("block: residual\n    with: {units: $no}", "KS013"),  # the block's `when` uses it
        ("block: residual\n    with: {units: 3, deep: $no}", "KS013"),
        ("block: residual\n    with: {units: 3}\n    as: [a, b]\n  - Add:\n    from: [a, b]", "KS210"),
    ],
)  # fmt: skip
def test_bad_input_has_one_diagnostic(entry, code):
    found = [
        d for d in diagnostics_of(RESIDUAL + f"layers:\n  - {entry}\n  - Dense: {{units: 1}}\n") if d.code != "KS222"
    ]
    assert [d.code for d in found] == [code], [d.message for d in found]


@pytest.mark.parametrize(
    ("reference", "automatic"),
    [("residual/main", "residual"), ("residual/dense", "residual"), ("own/dense", "own/dense"), ("own/main", None)],
)
def test_a_reference_into_an_unnamed_use_has_a_warning(reference, automatic):
    uses = (
        "layers:\n  - block: residual\n    with: {units: 4}\n  - block: residual\n    with: {units: 4}\n    name: own\n"
    )
    found = [d.message for d in diagnostics_of(f"{RESIDUAL}{uses}  - Dense: {{units: 1}}\n    from: {reference}\n")]
    problems = [message for message in found if "automatic" in message]
    assert problems == (
        [f"`{automatic}` is an automatic name: it changes if a layer is inserted above"] if automatic else []
    )


def test_as_with_each_names_the_list_of_each_output():
    text = """\
kspec: 1
inputs: {a: {shape: [5, 3]}, b: {shape: [5, 3]}}
blocks:
  two:
    outputs: [m, n]
    layers:
      - GRU: {units: 4}
        name: m
      - Dense: {units: 2}
        name: n
        from: in
layers:
  - block: two
    name: pair
    each: [a, b]
    as: [first, second]
  - LSTM: {units: 2, return_state: true}
    name: read
    each: [a, b]
    as: [_, h, c]
  - Concatenate:
    name: firsts
    from: first
  - Concatenate:
    name: states
    from: h
  - Flatten:
    each: second
    name: flat
  - Concatenate:
    from: [firsts, states, flat, c_b]
"""
    graph = graph_of(text)
    assert diagnostics_of(text) == []
    taken = {name: [tuple(tensor) for tensor in graph.nodes[name].tensors()] for name in ("firsts", "states")}
    assert taken == {"firsts": [("pair_a/m", 0), ("pair_b/m", 0)], "states": [("read_a", 1), ("read_b", 1)]}
    assert [tuple(tensor) for tensor in graph.nodes["flat_second_b"].tensors()] == [("pair_b/n", 0)]


EACH = "kspec: 1\ntask: regression\ninputs: {a: {shape: [2]}, b: {shape: [3]}}\nlayers:\n  - Dense: {units: 4}\n    each: [a, b]\n    name: c\n"


def test_the_entry_after_each_takes_all_of_its_copies():
    assert feeds(graph_of(EACH + "  - Concatenate\n"))["concatenate"] == ["c_a", "c_b"]
    assert [code for code, _ in problems(EACH + "  - Dense: {units: 1}\n")] == ["KS206"]
    assert [code for code, _ in problems(EACH + "  - Dense: {units: 1}\n    from: c\n")] == ["KS206"]


def test_a_block_use_cannot_be_reused_as_a_layer():
    text = RESIDUAL + "layers:\n  - block: residual\n    with: {units: 4}\n    name: u\n  - reuse: u\n"
    assert problems(text) == [("KS211", 23)]
    repeated = text.replace("    name: u\n", "    name: u\n    repeat: 2\n")
    assert problems(repeated) == [("KS211", 24)]
    assert problems(text.replace("reuse: u", "reuse: u/main")) == []


def test_the_name_of_a_repeated_use_gives_access_to_its_last_copy():
    text = (
        RESIDUAL
        + "layers:\n  - block: residual\n    with: {units: 4}\n    repeat: 2\n    name: u\n  - Dense: {units: 1}\n    from: u/main\n"
    )
    assert feeds(graph_of(text))["dense"] == ["u_1/main"]
    (problem,) = [d for d in diagnostics_of(text.replace("u/main", "u_0/mian")) if d.code == "KS201"]
    assert problem.label.startswith("did you mean `u_0/main`")


def test_two_uses_of_one_name_have_one_error():
    use = "  - block: residual\n    with: {units: 4}\n    name: u\n"
    assert problems(RESIDUAL + f"layers:\n{use}{use}") == [("KS203", 25)]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("params: [units, units]\n    layers: [Flatten]", "KS103"),
        ("inputs: [p, p]\n    layers: [Flatten]", "KS103"),
        ("params: 3\n    layers: [Flatten]", "KS103"),
        ("layers: []", "KS103"),
    ],
)
def test_invalid_block_definitions(block, code):
    text = f"kspec: 1\ntask: regression\ninputs: {{x: {{shape: [4]}}}}\nblocks:\n  b:\n    {block}\nlayers:\n  - Dense: {{units: 1}}\n"
    assert [d.code for d in diagnostics_of(text) if d.is_error] == [code]


def test_an_invalid_use_as_the_only_entry_has_one_error():
    assert problems(RESIDUAL + "layers:\n  - block: residual\n") == [("KS219", 20)]
    assert problems(RESIDUAL + "layers:\n  - block: residual\n    repeat: 0\n") == [("KS221", 21)]
    assert problems(RESIDUAL + "layers:\n  - Dense: {units: 1}\n    when: yes\n  - Dense: {units: 1}\n")[-1] == (
        "KS221",
        21,
    )
    named = 'layers:\n  - Dense: {units: 1}\n    repeat: 2\n    name: "h_${index}"\n'
    assert ("KS109", 22) in problems(RESIDUAL + named)


def test_names_that_collide_after_expansion():
    text = (
        RESIDUAL + "layers:\n  - Dense: {units: 4}\n    repeat: 2\n    name: h\n  - Dense: {units: 1}\n    name: h_1\n"
    )
    assert [code for code, _ in problems(text)] == ["KS222", "KS203"]
    other_way = RESIDUAL + "layers:\n  - Flatten:\n    name: h_1\n  - Flatten:\n    repeat: 4\n    name: h\n"
    for each in (text, other_way):
        (problem,) = [d for d in diagnostics_of(each) if d.code == "KS203"]
        assert "; the copies of `h` are named `h_0`, `h_1`" in problem.help


def test_a_duplicate_name_in_as_is_reported_at_its_place():
    block = "  two: {outputs: [a, b], layers: [{Flatten: {}, name: a}, {Flatten: {}, name: b}]}\nlayers:\n"
    text = RESIDUAL + block + "  - block: two\n    name: u\n    as: [c, x]\n"
    (problem,) = [d for d in diagnostics_of(text) if d.code == "KS203"]
    assert (problem.span.line, problem.span.text) == (23, "x")


def test_a_repeated_use_with_too_few_inputs_has_one_error():
    block = "  two: {inputs: [a, b], layers: [{Add: {}, from: [a, b]}]}\nlayers:\n"
    text = RESIDUAL + block + "  - block: two\n    from: x\n    repeat: 3\n"
    assert [(d.code, d.span.line) for d in diagnostics_of(text) if d.is_error] == [("KS206", 22)]


def test_help_for_several_outputs_of_a_block_without_outputs():
    text = RESIDUAL + "layers:\n  - block: residual\n    with: {units: 3}\n    as: [a, b]\n"
    assert ["`outputs:`" in d.help for d in diagnostics_of(text)] == [True]


def test_keras_builds_expanded_entries():
    import kspec
    from kspec.backend.keras_model import build_keras_model

    text = (
        RESIDUAL
        + "layers:\n  - block: residual\n    with: {units: 6, deep: 2}\n    name: up\n    trainable: false\n  - Dense: {units: 1}\n"
    )
    spec = spec_of(text)
    report = Report()
    built = build_keras_model(spec, graph_of(text), report)
    assert not list(report)
    assert [layer.name for layer in built.model.layers] == [
        "x", "up.dense_0", "up.dense_1", "up.main", "up.shortcut", "up.add", "dense",
    ]  # fmt: skip
    assert [layer.name for layer in built.model.layers if layer.trainable_weights] == ["dense"]
    assert kspec.__version__


def test_a_resolved_spec_keeps_its_blocks_and_repeats():
    from kspec.summary.resolved_spec import resolved_text

    text = (
        RESIDUAL
        + 'layers:\n  - block: residual\n    with: {units: "${width + index}"}\n    repeat: 2\n    name: s\n  - Dense: {units: $width}\n'
    )
    spec = spec_of(text)
    analysis = analyse(spec, Report())
    again = resolved_text(spec, analysis.settings, {})
    assert feeds(graph_of(again)) == feeds(analysis.graph)
    assert [entry.arguments for entry in spec_of(again).document.layers] == [
        entry.arguments for entry in spec.document.layers
    ]


def test_a_resolved_spec_has_the_paths_of_files_that_layers_read(tmp_path):
    from kspec.summary.resolved_spec import resolved_values

    text = RESIDUAL.replace(
        "- Dense: {units: $units}\n        name: main",
        "- Dense: {units: $units}\n        name: main\n      - StringLookup: {vocabulary: a.txt}\n        name: lost",
    )
    spec = spec_of(text + "layers:\n  - Dense: {units: 1}\n    name: out\n")
    settings = analyse(spec, Report()).settings
    spec.values["layers"].append({"Bidirectional": {"layer": {"StringLookup": {"vocabulary": "b.txt"}}}})
    values = resolved_values(spec, settings, {}, spec.folder / "runs" / "one")
    assert values["layers"][-1]["Bidirectional"]["layer"]["StringLookup"]["vocabulary"] == "../../b.txt"
    assert values["blocks"]["residual"]["layers"][2]["StringLookup"]["vocabulary"] == "../../a.txt"
