"""`standardize` of TextVectorization in several steps: as Python's own text functions, in every copy of the model."""

from __future__ import annotations

import re
import string

import keras
import numpy as np
import pytest

import kspec
from tests.conftest import diagnostics_of

TEXTS = ["Hello <br />WORLD, it's nr. 12!", "<BR> 7 (x) é_É", ""]
STEPS = [{"(?i)<br ?/?>": " ", "([a-z])\\.": "\\1"}, "lower", {"[0-9]+": "<n>"}, "strip_punctuation"]
SPEC = """\
kspec: 1
inputs: {x: {shape: [], dtype: string}}
layers:
  - TextVectorization:
      standardize: [{"(?i)<br ?/?>": " ", '([a-z])\\.': '\\1'}, lower, {"[0-9]+": "<n>"}, strip_punctuation]
      vocabulary: [hello, world, its, nr, n, x]
      output_sequence_length: 7
    name: words
task: regression
"""


def by_hand(text):
    text = re.sub(r"(?i)<br ?/?>", " ", text)
    text = re.sub(r"([a-z])\.", r"\1", text)
    text = re.sub("[0-9]+", "<n>", text.translate({ord(c): c.lower() for c in string.ascii_uppercase}))
    return re.sub(f"[{re.escape(string.punctuation)}]", "", text)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("standardized") / "spec.yaml"
    path.write_text(SPEC)
    return kspec.build(path)


def test_steps_apply_in_their_order(model):
    words = model.get_layer("words").get_vocabulary()
    expected = np.zeros((3, 7), int)
    for row, text in enumerate(map(by_hand, TEXTS)):
        for column, word in enumerate(text.split()):
            expected[row, column] = words.index(word) if word in words else 1
    np.testing.assert_array_equal(model.predict(np.array(TEXTS, dtype=object), verbose=0), expected)


def test_a_saved_model_loads_with_its_steps(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    texts = np.array(TEXTS, dtype=object)
    np.testing.assert_array_equal(again.predict(texts, verbose=0), model.predict(texts, verbose=0))


def test_a_saved_model_is_imported_with_its_steps(model, tmp_path):
    model.save(tmp_path / "model.keras")
    spec = kspec.from_keras(tmp_path / "model.keras")
    steps = spec.networks[()].layers[0].arguments["standardize"]
    assert [step for each in STEPS for step in (each.items() if isinstance(each, dict) else [each])] == [
        next(iter(step.items())) if isinstance(step, dict) else step for step in steps
    ]


@pytest.mark.parametrize(
    ("steps", "message", "text"),
    [
        ("[{'a(?=b)': x}]", "invalid regular expression: RE2 does not know lookahead `(?=`", "'a(?=b)'"),
        ("[lower, {'(a': x}]", "invalid regular expression: missing ), unterminated subpattern", "'(a'"),
        ("[{a: '\\1'}]", "invalid replacement: `\\1` is a group, and the pattern has no groups", "'\\1'"),
        ("[{a: b}, Lower]", "an item of `standardize` of `TextVectorization` must be", "Lower"),
        ("{a: b}", "`standardize` of `TextVectorization` must be", "{a: b}"),
        ("[]", "`standardize` of `TextVectorization` must be", "[]"),
    ],
)
def test_wrong_steps_are_reported(steps, message, text):
    before, after = SPEC.index("      standardize:"), SPEC.index("      vocabulary:")
    found = diagnostics_of(f"{SPEC[:before]}      standardize: {steps}\n{SPEC[after:]}")
    assert [d.code for d in found if d.is_error] == ["KS112"]
    assert message in found[0].message
    assert found[0].span.text == text
