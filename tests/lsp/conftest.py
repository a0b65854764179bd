"""One client and server for all tests of the language server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import SPECS
from tests.lsp.client import Editor


@pytest.fixture(scope="session")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("specs")
    (root / "table.csv").write_text("first,second,mark,größe,third\n1,2,0,3,4\n", encoding="utf-8")
    (root / "data").mkdir()
    shutil.copy(SPECS / "data/breast_cancer.csv", root / "data")
    with Editor(root) as editor:
        yield editor
