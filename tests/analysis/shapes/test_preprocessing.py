"""Layers that prepare numbers, categories, text and sound, against Keras."""

import pytest

from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call, TensorType
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

SHAPES = [(), (1,), (3,), (3, 1), (3, 4), (None,)]
MODES = [..., "one_hot", "multi_hot", "count"]
WORDS = {"vocabulary": ["a", "b"]}


def of(dtype):
    return [[(shape, dtype)] for shape in SHAPES]


NUMBERS = [
    *grid("Normalization", [[(3,)], [(4, 3)], [((3,), "int32")]], axis=[..., None, 1, [-1], [1, -1], 0, 3]),
    *grid("Normalization", [[(3,)], [(4, 3)]], mean=[[1.0, 2.0, 3.0]], variance=[[1.0, 1.0, 1.0]], invert=[..., True]),
    Case("Normalization", {"axis": [1, 2]}, [(4, 3)]),
    Case("Normalization", {"axis": [1, 2], "mean": [1.0, 2.0, 3.0], "variance": [1.0, 1.0, 1.0]}, [(4, 3)]),
    Case("Normalization", {"mean": 1.0, "variance": 2.0}, [(3,)]),
    Case("Normalization", {"mean": [1.0], "variance": [2.0]}, [(3,)]),
    Case("Normalization", {"axis": None, "mean": 1.0, "variance": 2.0}, [(3,)]),
    Case("Normalization", {"mean": [1.0, 2.0], "variance": [2.0, 1.0]}, [(3,)], code="KS302"),
    Case("Normalization", {"axis": None, "mean": [1.0, 2.0], "variance": [2.0, 1.0]}, [(2,)], code="KS302"),
    Case("Normalization", {"mean": [1.0]}, [(3,)], code="KS302"),
    Case("Normalization", {"variance": [1.0]}, [(3,)], code="KS302"),
    Case("Normalization", {"mean": [1.0, 2.0], "variance": 1.0}, [(2,)], code="KS302"),
    Case("Normalization", {}, [(None,)], code="KS301"),
    Case("Normalization", {}, [()], code="KS301"),
    Case("Normalization", {"dtype": "float16"}, [(3,)]),
    Case("Normalization", {}, [((3,), "string")], late=True),
    *grid("Rescaling", [[(8, 8, 3)], [((3,), "uint8")]], scale=[0.5, [1.0, 2.0, 3.0]], offset=[..., 1.0]),
    Case("Rescaling", {"scale": [1.0, 2.0]}, [(8, 8, 3)], late=True),
    Case("Rescaling", {"scale": 0.5}, [((8,), "string")], late=True),
]

CATEGORIES = [
    *grid("Discretization", of("float32"), bin_boundaries=[[1.0, 2.0]], output_mode=MODES),
    *grid("Discretization", [[(1,)], [(3, 4)]], num_bins=[4], output_mode=MODES, dtype=[..., "float16"]),
    Case("Discretization", {"bin_boundaries": []}, [(1,)]),
    Case("Discretization", {}, [(1,)], code="KS302"),
    Case("Discretization", {"num_bins": 4, "bin_boundaries": [1.0]}, [(1,)], code="KS302"),
    Case("Discretization", {"num_bins": 4, "sparse": True}, [(1,)], code="KS302"),
    *grid("CategoryEncoding", of("int32"), num_tokens=[5], output_mode=MODES),
    Case("CategoryEncoding", {"num_tokens": {"vocabulary_of": "city"}, "output_mode": "one_hot"}, [((1,), "int64")]),
    Case("CategoryEncoding", {"num_tokens": 5, "dtype": "float16"}, [((3,), "int32")]),
    Case(
        "CategoryEncoding",
        {"num_tokens": 5, "output_mode": "count"},
        {"inputs": ((3,), "int32"), "count_weights": (3,)},
    ),
    Case("CategoryEncoding", {"num_tokens": 5}, {"inputs": ((3,), "int32"), "count_weights": (3,)}, late=True),
    *grid("Hashing", of("int32"), num_bins=[5], output_mode=MODES),
    *grid(
        "Hashing",
        [[((1,), "string")], [(3,)]],
        num_bins=[5],
        output_mode=[..., "one_hot"],
        dtype=[..., "int32", "float16", "mixed_float16"],
    ),
    Case("Hashing", {"num_bins": 5, "salt": 3}, [((1,), "string")]),
    Case("Hashing", {"num_bins": 5, "sparse": True}, [((1,), "string")], code="KS302"),
    *grid(
        "HashedCrossing",
        [[((1,), "string"), ((1,), "int64")], [((), "string"), ((), "string")]],
        num_bins=[5],
        output_mode=[..., "one_hot"],
        dtype=[..., "int32", "float16"],
    ),
    Case("HashedCrossing", {"num_bins": 5}, [((1,), "string")], code="KS301"),
    Case("HashedCrossing", {"num_bins": 5}, [((1,), "string")] * 3, code="KS301"),
    Case("HashedCrossing", {"num_bins": 5}, [((1,), "string"), ((2,), "string")], code="KS301"),
    Case("HashedCrossing", {"num_bins": 5}, [((2,), "string")] * 2, late=True),
    Case("HashedCrossing", {"num_bins": 5}, [(1,), ((1,), "string")], late=True),
]

LOOKUPS = [
    *grid("IntegerLookup", of("int64"), vocabulary=[[3, 4]], output_mode=MODES),
    *grid("StringLookup", of("string"), vocabulary=[["a", "b"]], output_mode=MODES),
    *grid(
        "StringLookup",
        [[((1,), "string")]],
        vocabulary=[["a", "b"], ["[UNK]", "a"], ["", "[UNK]", "a"]],
        mask_token=[..., ""],
        num_oov_indices=[..., 0, 2],
        output_mode=[..., "multi_hot"],
    ),
    *grid("IntegerLookup", [[((1,), "int64")]], vocabulary=[[3, 4]], mask_token=[..., 0], output_mode=["count"]),
    *grid("StringLookup", [[((3,), "string")]], max_tokens=[9], pad_to_max_tokens=[True], output_mode=MODES),
    Case("StringLookup", {}, [((1,), "string")]),
    Case("IntegerLookup", {}, [((3,), "int32")]),
    Case("IntegerLookup", {"vocabulary": [3, 4]}, [(3,)]),
    Case("StringLookup", {**WORDS, "output_mode": "tf_idf", "idf_weights": [1.0, 2.0]}, [((3,), "string")]),
    Case("StringLookup", {**WORDS, "invert": True}, [((3,), "int64")]),
    Case("IntegerLookup", {"vocabulary": [3, 4], "salt": 3, "oov_method": "farmhash"}, [((3,), "int64")]),
    Case("IntegerLookup", {"vocabulary": [3, 4], "salt": 3}, [((3,), "int64")], code="KS302"),
    Case("StringLookup", {**WORDS, "invert": True, "output_mode": "one_hot"}, [((3,), "int64")], code="KS302"),
    Case("StringLookup", {"pad_to_max_tokens": True, "output_mode": "one_hot"}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {"sparse": True}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {**WORDS, "idf_weights": [1.0, 2.0]}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {**WORDS, "output_mode": "tf_idf"}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {**WORDS, "output_mode": "tf_idf", "idf_weights": [1.0]}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {"vocabulary": ["a", "b", "a"]}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {"vocabulary": []}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {"vocabulary": ["a", ""], "mask_token": ""}, [((3,), "string")], code="KS302"),
    Case("StringLookup", {"vocabulary": ["a", "[UNK]"], "invert": True}, [((3,), "int64")], code="KS302"),
    Case("StringLookup", {**WORDS, "max_tokens": 2}, [((3,), "string")], code="KS302"),
    Case("StringLookup", WORDS, [(3,)], late=True),
    Case("StringLookup", {**WORDS, "invert": True}, [((3,), "string")], late=True),
    Case("IntegerLookup", {"vocabulary": [3, 4]}, [((3,), "string")], late=True),
]

TEXT = [
    *grid("TextVectorization", of("string")[:2], vocabulary=[["a", "b"]], output_mode=[..., "multi_hot", "count"]),
    *grid("TextVectorization", of("string"), vocabulary=[["a", "b"]], output_mode=[..., "multi_hot"], split=[None]),
    *grid("TextVectorization", [[((1,), "string")]], output_sequence_length=[..., 7], ragged=[..., True]),
    *grid(
        "TextVectorization",
        [[((1,), "string")]],
        max_tokens=[9],
        pad_to_max_tokens=[True],
        output_mode=["multi_hot"],
        ngrams=[..., 2],
    ),
    Case("TextVectorization", {**WORDS, "output_mode": "tf_idf", "idf_weights": [1.0, 2.0]}, [((), "string")]),
    Case("TextVectorization", {**WORDS, "output_mode": "tf_idf"}, [((), "string")], code="KS302"),
    Case("TextVectorization", {"output_mode": "count", "output_sequence_length": 4}, [((), "string")], code="KS302"),
    Case("TextVectorization", {"output_mode": "count", "ragged": True}, [((), "string")], code="KS302"),
    Case("TextVectorization", WORDS, [((3,), "string")], late=True),
    Case("TextVectorization", WORDS, [(1,)], late=True),
]

SOUND = [
    *grid("MelSpectrogram", [[(16000,)], [(511,)], [(None,)]], num_mel_bins=[..., 20], sequence_stride=[..., 100]),
    Case("MelSpectrogram", {"fft_length": 100, "sequence_length": 200}, [(16000,)], code="KS302"),
    Case("MelSpectrogram", {"dtype": "float16"}, [(16000,)]),
    Case("MelSpectrogram", {"fft_length": 256}, [(128,)], code="KS301", late=True),
    Case("MelSpectrogram", {"fft_length": 256}, [(129,)], code=""),
    *grid(
        "STFTSpectrogram",
        [[(100, 2)], [(None, 1)]],
        mode=[..., "real", "stft"],
        frame_length=[16],
        expand_dims=[..., True],
        padding=[..., "same"],
    ),
    *grid(
        "STFTSpectrogram",
        [[(2, 1000)]],
        data_format=["channels_first"],
        expand_dims=[..., True],
        frame_step=[50],
        fft_length=[512],
    ),
    *grid("STFTSpectrogram", [[(1000, 1)]], mode=[..., "magnitude", "psd", "real", "imag", "angle"]),
    Case("STFTSpectrogram", {"frame_length": 64, "frame_step": 65}, [(1000, 1)], code="KS302"),
    Case("STFTSpectrogram", {"frame_length": 64, "fft_length": 32}, [(1000, 1)], code="KS302"),
    Case("STFTSpectrogram", {}, [(100, 1)], code="KS303"),
    Case("STFTSpectrogram", {}, [(1000,)], code="KS301"),
    Case("STFTSpectrogram", {}, [(1000, None)], code="KS301"),
    Case("STFTSpectrogram", {}, [((1000, 1), "int32")], late=True),
]


STRICTER = [
    Case("Rescaling", {"scale": [1.0, 2.0, 3.0]}, [(8, 8, 1)], code="KS302", late=True),
    Case("Hashing", {"num_bins": 5, "output_mode": "one_hot"}, [((4,), "string")], code="KS301", late=True),
    *[
        Case(name, {**more, "output_mode": mode}, [((4, 5), "int32")], code="KS301", late=True)
        for name, more in (("Hashing", {"num_bins": 5}), ("CategoryEncoding", {"num_tokens": 5}))
        for mode in ("multi_hot", "count")
    ],
    Case("IntegerLookup", {"vocabulary": [1, 2], "output_mode": "count"}, [((4, 5), "int32")], code="KS301", late=True),
]
"""Calls of which Keras states another shape than it gives."""


@pytest.mark.parametrize("case", [*STRICTER, *NUMBERS, *CATEGORIES, *LOOKUPS, *TEXT, *SOUND], ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize(
    ("name", "arguments", "dtype"),
    [
        ("StringLookup", {"output_mode": "one_hot"}, "string"),
        ("IntegerLookup", {"output_mode": "multi_hot"}, "int64"),
        ("TextVectorization", {"output_mode": "count"}, "string"),
        ("StringLookup", {"output_mode": "one_hot", "vocabulary": "words.txt"}, "string"),
        ("CategoryEncoding", {"num_tokens": None}, "int64"),
    ],
)
def test_rows_over_an_unknown_vocabulary_are_unknown(name, arguments, dtype):
    """Not of an unknown size: what follows would be raised, which Keras can build once the vocabulary is learned."""
    case = Case(name, arguments, [((1,), dtype)])
    (output,) = infer_call(Call(case.entry, arguments, case.feeds)).outputs
    assert output == TensorType(None, "float32" if name == "CategoryEncoding" else "int64")


def test_numbers_for_a_text_lookup_name_the_dtype():
    error = shape_error(Case("StringLookup", {}, [(1,)]))
    assert error.message == "expects text, got float32"
    assert error.help == "write `dtype: string` at the input; for integers use `IntegerLookup`"


def test_adapted_statistics_are_not_trained():
    case = Case("Normalization", {}, [(10,)])
    found = infer_call(Call(case.entry, {}, case.feeds))
    assert [(weight.size, weight.trainable) for weight in found.weights] == [(10, False), (10, False), (1, False)]
