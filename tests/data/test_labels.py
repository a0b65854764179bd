"""The classes of a target, spelled as in the data."""

import numpy as np
import pytest

from kspec.data.network_specs import OutputSpec
from kspec.data.table import Column
from kspec.data.targets.labels import Labels, UnknownLabel
from kspec.data.targets.target_labels import labels_of

TEXT = Labels("text", ["no", "yes"])
CLASSES = OutputSpec("multiclass_classification", 3, 2)
POSITIONS = OutputSpec("multiclass_classification", 3, 3)


def of(kind, values, output=None, texts=None):
    values = np.array(values, dtype=object if kind == "text" else None)
    written = None if texts is None else lambda: np.array(texts, dtype=object)
    column = Column("y", kind, values, np.zeros(len(values), bool), written)
    return labels_of([column], values, output)


def test_labels_of_a_column():
    assert of("text", ["b", "a", "b"]) == Labels("text", ["a", "b"])
    assert of("integer", [10, 9, 10]) == Labels("integer", ["9", "10"])
    assert of("boolean", [True, False]) == Labels("boolean", ["false", "true"])
    assert of("boolean", [True, True], texts=["TRUE", "TRUE "]) == Labels("boolean", ["TRUE"])
    assert of("boolean", [True, False], texts=["True", "false"]) == Labels("boolean", ["false", "true"])


def test_floats_are_labels_of_a_classifier_if_they_are_whole():
    assert of("float", [1.0, 0.0]) is None
    assert of("float", [1.0, 0.5], CLASSES) is None
    assert of("float", [1.0, 0.0], OutputSpec("regression", 1)) is None
    assert of("float", [1.0, 0.0], CLASSES) == Labels("float", ["0.0", "1.0"], are_numbers=True)


def test_labels_of_arrays():
    assert of("array", [[1], [2]], CLASSES) == Labels("integer", ["1", "2"], are_numbers=True)
    assert of("array", [[0, 0, 1], [1, 0, 0]], CLASSES) == Labels("column", ["0", "1", "2"])
    assert of("array", [[0, 1], [1, 2]], POSITIONS) == Labels("integer", ["0", "1", "2"], are_numbers=True)
    assert of("array", [[True, True]], OutputSpec("multilabel_classification", 2, 2)) == Labels("boolean", ["true"])
    far = np.array([[5, 1 << 20]])
    assert of("array", far, POSITIONS).names == ["5", str(1 << 20)]


def test_an_ignored_label_is_no_class():
    output = OutputSpec("multiclass_classification", 3, 2, ignored=-1)
    labels = of("integer", [-1, 0, 2], output)
    assert labels == Labels("integer", ["0", "2"], are_numbers=True, ignored=-1)
    assert labels.of_units(3).indices(np.array([-1, 2, 0])).tolist() == [-1, 2, 0]
    assert labels.is_ignored(np.array([-1, 2])).tolist() == [True, False]


def test_integers_that_fit_the_units_are_their_own_class_numbers():
    gaps = Labels("integer", ["0", "2", "3"])
    assert gaps.of_units(4).names == ["0", "1", "2", "3"]
    assert gaps.of_units(3) == gaps
    assert gaps.of_units(None) == gaps
    assert gaps.count == 3
    assert Labels("integer", ["0", "3"], are_numbers=True).count == 4
    assert Labels("float", ["1.0"], are_numbers=True).of_units(2).names == ["0.0", "1.0"]
    assert Labels("boolean", ["TRUE"]).of_units(2).names == ["FALSE", "TRUE"]
    assert Labels("integer", ["-1", "1"]).of_units(2).names == ["-1", "1"]


def test_labels_are_found_as_a_spec_writes_them():
    assert Labels("float", ["0.0", "1.0"]).find("1") == 1
    assert Labels("boolean", ["False", "True"]).find("true") == 1
    assert Labels("integer", ["5", "7"]).find(7) == 1
    assert TEXT.find("yes") == 1
    assert TEXT.find("Yes") is None
    assert Labels("integer", ["5"]).find("many") is None


def test_values_names_and_json():
    assert Labels("integer", ["9", "10"]).values == [9, 10]
    assert Labels("boolean", ["FALSE", "TRUE"]).values == [False, True]
    assert Labels("integer", ["0", "1", "2"]).identity
    assert not Labels("integer", ["1", "2"]).identity
    ignoring = Labels("integer", ["0"], are_numbers=True, ignored=-1)
    assert Labels.from_json(ignoring.to_json()) == ignoring
    assert Labels.from_json({"kind": "text", "names": ["no", "yes"]}) == TEXT  # as older runs store it


def test_classes_of_values():
    assert TEXT.indices(np.array([["yes", "no"]], dtype=object)).tolist() == [[1, 0]]
    assert Labels("column", ["a", "b"]).indices(np.array([[0, 1], [1, 0]])).tolist() == [1, 0]
    with pytest.raises(UnknownLabel) as caught:
        TEXT.indices(np.array(["no", "maybe"], dtype=object))
    assert (caught.value.value, caught.value.index) == ("maybe", 1)
    with pytest.raises(UnknownLabel):
        Labels("integer", ["1", "2"]).indices(np.array([3]))
    with pytest.raises(UnknownLabel):
        Labels("integer", []).indices(np.array([3]))
