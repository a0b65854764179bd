"""Attention and embeddings, against Keras."""

import pytest

from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

SCORES = {"return_attention_scores": True}
HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"num_query_heads": 4, "num_key_value_heads": 2, "head_dim": 3}
GATED = [..., True]
GATE_SIZES = [..., 7]

MULTI_HEAD = [
    *grid(
        "MultiHeadAttention",
        [[(None, 4), (6, 7)], [(5, 4), (6, 9), (6, 7)]],
        num_heads=[2],
        key_dim=[3],
        value_dim=[..., 7],
        output_shape=[..., 8, [3, 2]],
        use_bias=[..., False],
    ),
    *grid(
        "MultiHeadAttention",
        [[(5, 6, 4), (5, 6, 4)], [(5, 6, 4), (7, 6, 4)]],
        num_heads=[2],
        key_dim=[3],
        attention_axes=[..., 1, [1], [1, 2], [-3]],
    ),
    *grid("MultiHeadAttention", [[(5, 4), (6, 7)]], num_heads=[2], key_dim=[3], value_dim=GATE_SIZES, use_gate=[True]),
    Case("MultiHeadAttention", {**HEADS, "attention_axes": 2}, [(5, 6, 4), (5, 7, 4)]),
    Case("MultiHeadAttention", {**HEADS, "attention_axes": 2}, [(5, 6, 4), (6, 7, 4)], late=True),
    Case("MultiHeadAttention", {**HEADS, "attention_axes": 7}, [(5, 6, 4), (5, 6, 4)], code="KS302"),
    Case("MultiHeadAttention", HEADS, [(5, 4), (6, 4)], SCORES),
    Case("MultiHeadAttention", HEADS, [(5, 6, 4), (5, 6, 4)], SCORES),
    Case("MultiHeadAttention", HEADS, [(5, 4), (6, 4)], {"use_causal_mask": True, **SCORES}),
    Case("MultiHeadAttention", {**HEADS, "dtype": "mixed_bfloat16"}, [(5, 4), (6, 4)], SCORES),
    Case("MultiHeadAttention", HEADS, {"query": (5, 4), "value": (6, 4), "key": (6, 7)}),
    Case("MultiHeadAttention", HEADS, [(5, 4), (6, 4), (7, 4)], code="KS301"),
    Case("MultiHeadAttention", HEADS, [(5, None), (6, 4)], code="KS301"),
    Case("MultiHeadAttention", HEADS, [(5, 4), (6, None)], code="KS301"),
    Case("MultiHeadAttention", HEADS, [(4,), (4,)], late=True),
    Case("MultiHeadAttention", HEADS, [(5, 4), (4,)], late=True),
    Case("MultiHeadAttention", HEADS, [(5, 6, 4), (6, 4)], late=True),
    Case("MultiHeadAttention", HEADS, [((5, 4), "string"), (6, 4)], late=True),
    Case("MultiHeadAttention", {**HEADS, "flash_attention": True, "dropout": 0.1}, [(5, 4), (6, 4)], code="KS302"),
    Case("MultiHeadAttention", {**HEADS, "flash_attention": True}, [(5, 4), (6, 4)], late=True),
]

GROUPED = [
    *grid(
        "GroupQueryAttention",
        [[(None, 4), (None, 4)], [(5, 4), (6, 4), (6, 5)]],
        num_query_heads=[4],
        num_key_value_heads=[1, 2],
        head_dim=[3],
        use_bias=[..., False],
        use_gate=GATED,
    ),
    Case("GroupQueryAttention", GROUPS, [(5, 4), (6, 4)], SCORES),
    Case("GroupQueryAttention", GROUPS, [(5, 4), (6, 4), (6, 5)], SCORES),
    Case("GroupQueryAttention", {**GROUPS, "num_key_value_heads": 3}, [(5, 4), (6, 4)], code="KS302"),
    Case("GroupQueryAttention", {**GROUPS, "flash_attention": True, "dropout": 0.1}, [(5, 4), (6, 4)], code="KS302"),
    Case("GroupQueryAttention", GROUPS, [(5, 4), (6, 5)], code="KS301"),
    Case("GroupQueryAttention", GROUPS, [(5, 4), (6, 4), (7, 4)], code="KS301"),
    Case("GroupQueryAttention", GROUPS, [(4,), (4,)], code="KS301"),
    Case("GroupQueryAttention", GROUPS, [(5, None), (6, 4)], code="KS301"),
    Case("GroupQueryAttention", GROUPS, [(5, 5, 4), (6, 5, 4)], late=True),
]

KINDS = ("Attention", "AdditiveAttention")
DOT_PRODUCT = [
    *[
        case
        for kind in KINDS
        for case in grid(
            kind,
            [[(5, 4), (6, 4)], [(5, 4), (6, 7), (6, 4)], [(3, 5, 4), (3, 6, 4)], [(None, 4), (None, 4)]],
            use_scale=[..., True, False],
            dropout=[..., 0.5],
        )
    ],
    *[Case(kind, {}, [(5, 4), (6, 7), (6, 4)], SCORES) for kind in KINDS],
    *[Case(kind, {}, [(5, 4)], code="KS301") for kind in KINDS],
    *[Case(kind, {}, [(5, 4)] * 4, code="KS301") for kind in KINDS],
    *[Case(kind, {}, {"inputs": [(5, 4), (6, 4)], "mask": [((5,), "bool"), ((6,), "bool")]}) for kind in KINDS],
    *[Case(kind, {}, {"inputs": [(5, 4), (6, 4)], "mask": [((5,), "bool")]}, code="KS301") for kind in KINDS],
    *[Case(kind, {}, [(5, 4), (6, 3)], late=True) for kind in KINDS],
    *[Case(kind, {}, [(5, 4), (6, 4), (7, 4)], late=True) for kind in KINDS],
    *[Case(kind, {}, [(3, 5, 4), (6, 4)], late=True) for kind in KINDS],
    *[Case(kind, {}, [((5, 4), "string"), ((6, 4), "string")], late=True) for kind in KINDS],
    Case("Attention", {}, [(5, None), (6, None)]),
    Case("Attention", {}, [(), ()], late=True),
    Case("Attention", {"score_mode": "concat"}, [(5, 4), (6, 4)]),
    Case("Attention", {"score_mode": "concat", "use_scale": True}, [(5, 4), (6, 4)]),
    Case("AdditiveAttention", {}, [(5, None), (6, 4)], code="KS301"),
    Case("AdditiveAttention", {}, [(5, 1), (6, 4)]),
]

EMBEDDING = [
    *grid(
        "Embedding",
        [[((), "int32")], [((5,), "int32")], [((5, None), "int64")], [(5,)]],
        input_dim=[7, {"vocabulary_of": "words"}],
        output_dim=[4],
        mask_zero=[..., True],
        lora_rank=[..., 2],
    ),
    Case("Embedding", {"input_dim": 7, "output_dim": 4, "dtype": "mixed_float16"}, [((5,), "int32")]),
    Case("Embedding", {"input_dim": 7, "output_dim": 4}, [((5,), "string")], late=True),
    Case(
        "Embedding",
        {"input_dim": 7, "output_dim": 4, "lora_rank": 2, "embeddings_constraint": "NonNeg"},
        [((5,), "int32")],
        code="KS302",
    ),
    *grid("ReversibleEmbedding", [[((5,), "int32")]], input_dim=[7], output_dim=[4], tie_weights=[..., False]),
    Case("ReversibleEmbedding", {"input_dim": 7, "output_dim": 4}, [(5, 4)], {"reverse": True}),
    Case("ReversibleEmbedding", {"input_dim": 7, "output_dim": 4, "tie_weights": False}, [(5, 4)], {"reverse": True}),
    Case("ReversibleEmbedding", {"input_dim": 7, "output_dim": 4}, [(5, 3)], {"reverse": True}, late=True),
]


UNEQUAL = "what broadcasts to another shape than Keras tells"
STRICTER = [
    Case("Attention", {}, [(4,), (6, 4)]),
    Case("AdditiveAttention", {}, [(5, 8, 3), (1,)], miss=UNEQUAL),
    Case("MultiHeadAttention", {**HEADS, "attention_axes": 1}, [(4,), (4,)], miss="its heads attend to one another"),
]
"""Calls that Keras accepts and we reject."""


@pytest.mark.parametrize("case", [*STRICTER, *MULTI_HEAD, *GROUPED, *DOT_PRODUCT, *EMBEDDING], ids=str)
def test_as_keras(case):
    compare(case)


def test_a_table_of_unknown_size_has_unknown_weights_but_a_known_shape():
    case = Case("Embedding", {"input_dim": None, "output_dim": 4}, [((5,), "int32")])
    found = infer_call(Call(case.entry, case.arguments, case.feeds))
    assert found.weights is None
    assert found.outputs[0].shape == (None, 5, 4)


def test_one_row_as_a_query_names_a_fix():
    error = shape_error(Case("MultiHeadAttention", HEADS, [(4,), (4,)]))
    assert error.message == (
        "expects sequences (null, steps, features) of the same rank, got query (null, 4) and value (null, 4)"
    )
    assert "`return_sequences: true`" in error.help


def test_the_query_is_found_by_name():
    case = Case("MultiHeadAttention", HEADS, {"value": (6, 4), "query": (5, 4)})
    assert infer_call(Call(case.entry, case.arguments, case.feeds)).outputs[0].shape == (None, 5, 4)


def test_operations_of_attention():
    case = Case("MultiHeadAttention", HEADS, [(5, 4), (6, 4)])
    found = infer_call(Call(case.entry, case.arguments, case.feeds))
    projections = 5 * 4 * 6 + 6 * 4 * 6 + 6 * 4 * 6 + 5 * 6 * 4
    assert found.flops == 2 * (projections + 2 * 5 * 6 * 6)
