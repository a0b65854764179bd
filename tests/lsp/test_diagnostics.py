"""Diagnostics and quick fixes."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp

from tests.lsp.client import text_of
from tests.lsp.specs import BLOCKS, MLP, SMALL


def summaries(diagnostics):
    return [(d.code, d.range.start.line + 1, d.message.split("\n")[0]) for d in diagnostics]


def test_a_sound_spec_is_clean(editor):
    assert editor.open(MLP) == []


def test_a_diagnostic_has_a_range_a_severity_and_help(editor):
    editor.open(SMALL)
    problem, _ = editor.type("from: wide", "from: wid")
    assert (problem.code, problem.severity, problem.source) == ("KS201", lsp.DiagnosticSeverity.Error, "kspec")
    assert text_of(editor.texts[editor.uri("spec.yaml")], problem.range) == "wid"
    assert problem.message.split("\n")[1] == "available nodes: points, wide"


def test_unused_nodes_are_faded_and_related_places_are_named(editor):
    found = editor.open(SMALL.replace("    from: dropout\n", "    from: wide\n"))
    unused = [d for d in found if d.code == "KS207"]
    assert list(unused[0].tags) == [lsp.DiagnosticTag.Unnecessary]
    twice = editor.open(SMALL.replace("name: grade", "name: wide"))
    (related,) = next(d for d in twice if d.code == "KS203").related_information
    assert related.location.range.start.line == 9


def test_yaml_other_than_specs_is_ignored(editor):
    assert editor.open("services:\n  web: {image: nginx, : }\n", "compose.yaml") == []
    assert editor.complete("compose.yaml") == {}
    assert summaries(editor.open("layers: 3\n", "a.kspec.yaml"))


def test_pyproject_is_read_again_when_the_file_is_saved(editor):
    found = editor.open(SMALL)
    assert [d.code for d in found] == ["KS213"]  # `dropout` is an automatic name
    settings = editor.root / "pyproject.toml"
    settings.write_text('[tool.kspec]\nignore = ["KS213"]\n')
    try:
        params = lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(editor.uri("spec.yaml")))
        editor.published.clear()
        editor._do(editor.client.text_document_did_save, params)
        assert editor.problems() == []
    finally:
        settings.unlink()


def test_a_closed_file_has_no_problems(editor):
    assert editor.open("kspec: 1\nlayers: 3\n", "closed.yaml")
    editor.close("closed.yaml")  # which sees that they are taken back
    assert editor.open(SMALL.replace("from: dropout", "from: dense_1"), "closed.yaml")


def test_a_mistake_in_a_block_names_its_use(editor):
    editor.open(BLOCKS)
    (problem,) = editor.type("{rate: $rate}", "{rat: $rate}")
    assert problem.related_information[0].message.startswith("in `stage_0`, used here (and in 1 more use)")


def code_actions(editor, problem, only=None):
    uri = editor.uri("spec.yaml")
    context = lsp.CodeActionContext([problem], only=only)
    params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), problem.range, context)
    return {action.title: action for action in editor.ask(lsp.TEXT_DOCUMENT_CODE_ACTION, params)}


def test_a_quick_fix_applies_its_title(editor):
    (problem,) = editor.open(MLP.replace("units: 20,", "unts: 20,"))
    action = code_actions(editor, problem)["Write `units` for `unts`"]
    assert action.is_preferred
    assert editor.apply(action.edit) == MLP


def test_a_warning_can_be_ignored_on_its_line(editor):
    (problem,) = editor.open(SMALL)
    actions = code_actions(editor, problem)
    assert list(actions)[1] == "Ignore KS213 on this line"
    assert editor.open(editor.apply(actions["Ignore KS213 on this line"].edit)) == []


def test_fix_all_applies_every_fix(editor):
    found = editor.open(MLP.replace("units: 20,", "unts: 20,").replace("loss: binary", "lss: binary"))
    (action,) = code_actions(editor, found[0], only=["source.fixAll"]).values()
    assert action.title == "Fix all auto-fixable problems (2)"
    assert editor.apply(action.edit) == MLP


def test_a_spec_reads_nothing_below_the_server_s_working_directory(editor):
    """Editors that are started from a desktop have the home folder, or all files, as the working directory."""
    library = Path.cwd() / "specs" / "mlp.yaml"
    assert library.is_file()
    problem = editor.open(SMALL.replace("kspec: 1", f"kspec: 1\ninclude: [{library}]"))[0]
    assert problem.code == "KS701"
    assert "the folders that are open" in problem.message
