"""The pages of codes are about an installation without optional packages, whatever is installed here."""

import pytest

from kspec.lint.rules import missing_packages


@pytest.fixture(autouse=True)
def _without_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    find = missing_packages.find_spec
    monkeypatch.setattr(missing_packages, "find_spec", lambda name: None if name == "tensorboard" else find(name))
