"""How an editor finds the schema, and a commit runs a check: every file that configures it is right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from kspec.schema.document import as_text
from tests.conftest import ROOT, SPECS

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
EDITORS_PAGE = (ROOT / "kspec" / "docs" / "editors.md").read_text(encoding="utf-8")


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "kspec", *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_schema_is_written_where_one_says(tmp_path: Path) -> None:
    assert run("schema", "--out", "kspec.schema.json", cwd=tmp_path).returncode == 0
    assert (tmp_path / "kspec.schema.json").read_text(encoding="utf-8") == as_text()


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_modelines_lead_to_the_schema(path: Path) -> None:
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert found is not None
    assert (path.parent / found[1]).resolve() == ROOT / "schemas" / "kspec.schema.json"


def test_hook_runs_a_check(tmp_path: Path) -> None:
    (hook,) = HOOKS
    program, *words = hook["entry"].split()
    assert program == "kspec"
    assert re.search(hook["files"], "models/price.kspec.yaml")
    good = (SPECS / "tutorial" / "mlp.yaml").read_text(encoding="utf-8")
    (tmp_path / "good.kspec.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "bad.kspec.yaml").write_text(good.replace("Dense", "Dens", 1), encoding="utf-8")
    assert run(*words, "good.kspec.yaml", cwd=tmp_path).returncode == 0
    assert run(*words, "good.kspec.yaml", "bad.kspec.yaml", cwd=tmp_path).returncode == 1
    assert f"- id: {hook['id']}" in EDITORS_PAGE


def test_catalog_entry_matches_specs() -> None:
    entry = json.loads((ROOT / "schemas" / "schemastore.json").read_text(encoding="utf-8"))
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    assert any(fnmatch("price.kspec.yaml", glob) for glob in entry["fileMatch"])
    schema = json.loads(as_text())
    assert entry["name"] == schema["title"]
    assert entry["description"] == schema["description"].rstrip(".")
