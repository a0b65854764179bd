"""The single value that makes a target unfit."""

import numpy as np

from kspec.data.targets.odd_values import odd_word, third_value

RAW = np.array(["3", "4.5", "oops", "3"], dtype=object)
LABELS = ["3", "4.5", "7", "oops"]


def test_a_word_among_numbers_is_named_with_its_row():
    odd = odd_word("y", RAW, [10, 20, 30, 40], LABELS)
    assert odd is not None
    assert odd.text == '`y` has text: "oops" in row 30'
    assert 'missing: ["oops"]' in odd.help


def test_a_word_of_another_split_has_no_row_here():
    odd = odd_word("y", RAW[:2], [10, 20], LABELS)
    assert odd is not None
    assert odd.text == '`y` has text: "oops"'


def test_classes_in_words_are_no_mistakes():
    assert odd_word("y", np.array(["a", "b"], dtype=object), [1, 2], ["a", "b"]) is None
    assert odd_word("y", np.array(["1", "b"], dtype=object), [1, 2], ["1", "a", "b", "c"]) is None
    assert odd_word("y", np.array([1.0, 2.0]), [1, 2], ["1", "a"]) is None


def test_a_third_value_of_a_flag():
    odd = third_value(["a", "b"], np.array([[0, 1], [1, 2]]), [5, 9])
    assert odd is not None
    assert odd.text == "`b` has 2 in row 9"
    assert third_value(["a", "b"], np.array([[0, 1], [1, 0]]), [5, 9]) is None
