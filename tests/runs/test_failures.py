"""Errors of Keras and TensorFlow as one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kspec.runs.failures import FileFailed, StepFailed, failure_of, with_way_on


def test_a_file_that_vanished_says_how_to_go_on(tmp_path: Path) -> None:
    gone = "FileNotFoundError: [Errno 2] No such file or directory: 'a.png'\nTraceback"
    with pytest.raises(FileFailed) as caught, failure_of("fit", StepFailed):
        raise ValueError(gone)
    assert str(caught.value).startswith("fit failed: cannot read `a.png`: No such file or directory")
    (tmp_path / "run.json").touch()
    assert str(with_way_on(caught.value, tmp_path)).endswith(f"\nonce that is mended, go on: kspec resume {tmp_path}")


def test_other_errors_say_what_is_wrong_alone() -> None:
    with pytest.raises(StepFailed, match=r"^fit failed: shapes differ$") as caught, failure_of("fit", StepFailed):
        raise ValueError("shapes differ")
    assert not isinstance(caught.value, FileFailed)
