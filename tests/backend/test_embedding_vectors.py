"""`weights` of an Embedding: the rows of a file, by word or by index."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

import kspec

TEXT = "good 0.5 -1 2\nbad 1e-1 0 3\nof course 7 8 9\ngood 9 9 9\nunknown 4 4 4\n"
SPEC = """\
kspec: 1
inputs: {x: {shape: [], dtype: string}}
layers:
  - TextVectorization: {vocabulary: [good, rare, bad], output_sequence_length: 2}
    name: words
  - Embedding: {input_dim: 5, output_dim: 3, embeddings_initializer: ones}
    weights: {file: FILE, vocabulary: words}
    trainable: false
    name: vectors
task: regression
"""
MATRIX = """\
kspec: 1
inputs: {x: {shape: [2], dtype: int32}}
layers:
  - Embedding: {input_dim: 4, output_dim: 3}
    weights: {file: m.npy}
    name: vectors
task: regression
"""
EXPECTED = [[1, 1, 1], [1, 1, 1], [0.5, -1, 2], [1, 1, 1], [0.1, 0, 3]]


def built(tmp_path, text):
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    return kspec.build(path)


@pytest.mark.parametrize("name", ["glove.txt", "word2vec.vec", "glove.txt.gz"])
def test_words_have_the_vectors_of_the_file(name, tmp_path):
    text = f"5 3\n{TEXT}" if name.endswith(".vec") else TEXT
    opened = gzip.open if name.endswith(".gz") else open
    with opened(tmp_path / name, "wt") as file:
        file.write(text)
    model = built(tmp_path, SPEC.replace("FILE", name))
    np.testing.assert_allclose(model.get_layer("vectors").get_weights()[0], EXPECTED, rtol=1e-6)
    assert model.trainable_weights == []
    values = model.predict(np.array(["bad good"], dtype=object), verbose=0)
    np.testing.assert_allclose(values, [[EXPECTED[4], EXPECTED[2]]], rtol=1e-6)


def test_a_run_says_how_many_words_were_found(tmp_path, capsys):
    (tmp_path / "glove.txt").write_text(TEXT)
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.replace("FILE", "glove.txt"))
    kspec.run(path, smoke=True, quiet=False)
    assert "vectors: 2 of 3 words found in glove.txt" in capsys.readouterr().out


def test_a_matrix_has_a_row_for_each_index(tmp_path):
    matrix = np.arange(12).reshape(4, 3)
    np.save(tmp_path / "m.npy", matrix)
    np.testing.assert_array_equal(built(tmp_path, MATRIX).get_layer("vectors").get_weights()[0], matrix)


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        (
            "output_dim: 3",
            "output_dim: 4",
            "KS526",
            "the vectors of `glove.txt` have 3 dimensions, and `output_dim` is 4",
        ),
        (", vocabulary: words", "", "KS102", "needs `vocabulary`"),
        ("vocabulary: words", "vocabulary: word", "KS201", "unknown node `word`"),
        ("vocabulary: words", "vocabulary: x", "KS103", "`x` has no vocabulary"),
        ("glove.txt", "bad.txt", "KS527", "its first line has no vector"),
        ("glove.txt", "no.txt", "KS501", "file `no.txt` not found"),
        ("glove.txt", "spec.yaml", "KS103", "`spec.yaml` is no file of vectors"),
        ("glove.txt", "m.npy", "KS103", "the rows of a `.npy` file are those of the Embedding, in order"),
        ("glove.txt, vocabulary: words", "m.npy", "KS526", "`m.npy` has 4 rows, and `input_dim` is 5"),
        ("glove.txt, vocabulary: words", "v.npy", "KS527", "it holds no matrix of numbers"),
        ("glove.txt, vocabulary: words", "fake.npy", "KS527", "it is no `.npy` file"),
        ("{file: FILE, vocabulary: words}", "{fil: x}", "KS101", "unknown key `fil`"),
    ],
)
def test_files_that_do_not_fit_are_reported(old, new, code, message, tmp_path):
    (tmp_path / "glove.txt").write_text(TEXT)
    (tmp_path / "bad.txt").write_text("good\n")
    (tmp_path / "fake.npy").write_text("good\n")
    np.save(tmp_path / "m.npy", np.zeros((4, 3)))
    np.save(tmp_path / "v.npy", np.zeros(4))
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.replace(old, new).replace("FILE", "glove.txt").replace(old, new))
    found = [d for d in kspec.check(path) if d.is_error]
    assert any(d.code == code and message in d.message for d in found), found


def test_vectors_belong_to_an_embedding(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(MATRIX.replace("Embedding: {input_dim: 4, output_dim: 3}", "Flatten:"))
    assert [d.code for d in kspec.check(path) if d.is_error] == ["KS113"]


def test_a_malformed_vector_is_reported_when_it_is_read(tmp_path):
    (tmp_path / "glove.txt").write_text("good 1 2 3\nbad 1 x 3\n")
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.replace("FILE", "glove.txt"))
    with pytest.raises(kspec.SpecError, match="the vector of `bad` holds `x`"):
        kspec.build(path)
