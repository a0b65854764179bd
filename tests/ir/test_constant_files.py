"""Constants from files: `call: {x2: {file: table.npy}}` is the array of the file, in shapes and in the model."""

from __future__ import annotations

import numpy as np
import pytest

import kspec
from kspec.syntax import numpy_files
from kspec.syntax.numpy_files import InvalidArray

SPEC = """\
kspec: 1
inputs: {x: {shape: [2, 3]}}
layers:
  - op: multiply
    call: {x2: {file: FILE}}
    name: y
task: regression
"""
RNG = np.random.default_rng(0)


def read_array(path):
    with path.open("rb") as file:
        return numpy_files.read_array(file, path.suffix)


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i4", ">i8", "|u1", "|i1", "<u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_files_are_read_as_by_numpy(dtype, order, tmp_path):
    array = np.asarray(RNG.normal(size=(3, 4)) * 50 + 100, dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    numbers = read_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(np.asarray(numbers, dtype), np.load(tmp_path / "a.npy"))
    assert isinstance(numbers[0][0], float if "f" in dtype else int)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1,2\n3,4\n", [[1, 2], [3, 4]]), ("1.5 2\n\n3\t4e1\n", [[1.5, 2], [3, 40.0]]), ("1\n2\n-3", [1, 2, -3])],
)
def test_texts_have_a_row_for_each_line(text, numbers, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    assert read_array(tmp_path / "a.csv") == numbers


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x10\x00{'descr': [1]}  \n", b"x" * 99])
def test_what_is_no_array_is_rejected(content, tmp_path):
    for name in ("a.npy", "a.txt"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidArray):
            read_array(tmp_path / name)


@pytest.mark.parametrize("name", ["c.npy", "c.csv"])
def test_the_model_holds_the_constant(name, tmp_path):
    array = RNG.normal(size=(2, 3)).astype("float32")
    np.save(tmp_path / "c.npy", array)
    np.savetxt(tmp_path / "c.csv", array, delimiter=",", fmt="%.9g")
    (tmp_path / "spec.yaml").write_text(SPEC.replace("FILE", name))
    model = kspec.build(tmp_path / "spec.yaml")
    x = RNG.normal(size=(5, 2, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), x * array, rtol=1e-6)


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        ("no.npy", "KS501", "file `no.npy` not found"),
        ("spec.yaml", "KS103", "`spec.yaml` is no file of numbers"),
        ("words.txt", "KS504", "line 1 holds `a b`"),
        ("wide.npy", "KS30", "`y`"),
        ("/etc/numbers.npy", "KS701", "outside"),
    ],
)
def test_files_that_do_not_fit_are_reported(file, code, message, tmp_path):
    np.save(tmp_path / "wide.npy", np.zeros((2, 4)))
    (tmp_path / "words.txt").write_text("a b\n")
    (tmp_path / "spec.yaml").write_text(SPEC.replace("FILE", file))
    found = [d for d in kspec.check(tmp_path / "spec.yaml") if d.is_error]
    assert [d.code.startswith(code) for d in found] == [True]
    assert message in found[0].message
