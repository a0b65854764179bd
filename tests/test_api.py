"""The arguments of the public functions, and how their errors print."""

import pickle

import pytest

import kspec
from kspec.runs.run import Run
from tests.support.project import BINARY


def test_one_override_may_be_a_string(project):
    path = project(BINARY)
    assert kspec.load(path, "fit.epochs=3").document.fit.epochs == 3
    assert [problem.code for problem in kspec.check(path, "fit.epochs=0")] == ["KS103"]


@pytest.mark.parametrize("function", [kspec.check, kspec.build, kspec.run])
def test_what_is_no_spec_is_a_type_error(function):
    with pytest.raises(TypeError, match="`spec` must be a loaded spec or the path of one, not int"):
        function(3)


def test_what_is_no_path_is_a_type_error():
    with pytest.raises(TypeError, match="`path` must be the path of a spec, not int"):
        kspec.load(3)


def test_what_is_no_model_is_a_type_error():
    with pytest.raises(TypeError, match="`model` must be a Keras model or the path of a model's file, not int"):
        kspec.from_keras(3)


def test_spec_errors_bear_the_public_name_and_pickle(project):
    with pytest.raises(kspec.SpecError) as caught:
        kspec.load(project("kspec: 1\n"))
    error = caught.value
    assert (kspec.SpecError.__module__, kspec.Diagnostic.__module__) == ("kspec", "kspec")
    assert str(error).endswith("\n\n2 errors")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_run_without_a_folder_shows_none():
    assert repr(Run("small", None, "finished", {"loss": 0.5})) == "Run('small', finished, loss=0.5, folder=None)"
