"""A run folder of a stranger leads to no file outside it."""

from __future__ import annotations

import pytest

from kspec.cli import main

SPEC = "kspec: 1\ninputs: {x: {shape: [2]}}\nlayers: [{Dense: {units: 1}}]\ntask: regression\n"


@pytest.mark.parametrize("words", [["render"], ["summary"], ["diff", "run"], ["export", "--to", "mermaid"]])
def test_a_resolved_spec_that_is_a_link_outside_is_not_read(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "outside.yaml").write_text(SPEC)
    (tmp_path / "run" / "resolved.yaml").symlink_to(tmp_path / "outside.yaml")
    verb, *others = words
    assert main([verb, "run", *others]) in (2, 3)
    assert "is a link that leads out of the run folder" in capsys.readouterr().err
