"""No text of a spec or of its data becomes code of the exported file, whatever stands in it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from kspec.diagnostics import SpecError
from kspec.export.export import show
from kspec.language import Permissions
from kspec.language.base import Model
from kspec.language.document import Document
from tests.security.code_injection import corpus

QUOTES = '\'"\\" + \U0001d425\U0001d41e\U0001d427("""#{__import__(\'os\')}%s{0}{ \\'
"""Ends strings and docstrings, fills formats, has letters that Python folds into ASCII, and a backslash at its end."""
LINES = '\r\n"""\nimport os\n\x1b]52;c;aGk=\x07\u2028\x85\u202e#'
"""Ends a line and a comment; talks to the terminal."""
NAMES = "class \u210c\ufb01\u00b2=1, "
TEXTS = [QUOTES, LINES, NAMES, "lambda"]


SLOW = ["pictures"]
"""Specs whose data TensorFlow reads."""
QUICK = [name for name in corpus.SPECS if name not in SLOW]


def benign(text: str) -> str:
    return text.replace("~", "")


def hostile(by: str) -> Callable[[str], str]:
    """Puts a text into those that are free: at the end, or in front of the name of a file."""

    def rename(text: str) -> str:
        return text.replace("~", by) if "." in text else benign(text) + by if "~" in text else text

    return rename


def exported(spec: Any, folder: Path, rename: Callable[[str], str]) -> str:
    folder.mkdir()
    return show(str(corpus.write(spec, folder, rename)), "python", permissions=Permissions(code=True))


class _Shape(ast.NodeTransformer):
    """Leaves of a syntax tree what is code: constants lose their values, and variables their names."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(type(node.value).__name__)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node if hasattr(builtins, node.id) or node.id in ("keras", "layers", "np", "tf") else ast.Name("_")

    def visit_arg(self, _: ast.arg) -> ast.AST:
        return ast.arg("_")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = "_"
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        value = self.visit(node.value)
        if node.arg is None and isinstance(value, ast.Dict) and len(value.keys) == 1:  # what is no name for Python
            return ast.keyword("_", value.values[0])
        return ast.keyword("_", value)


def shape(code: str) -> str:
    return ast.dump(_Shape().visit(ast.parse(code)))


def names(code: str) -> set[str]:
    """The names in a file, those of modules among them."""
    tree = list(ast.walk(ast.parse(code)))
    modules = {alias.name for node in tree if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    return modules | {node.id for node in tree if isinstance(node, ast.Name)}


def strings(code: str, rename: Callable[[str], str]) -> list[str]:
    """The texts in a file, sorted."""
    values = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return sorted(rename(value) for value in values if isinstance(value, str))


@pytest.fixture(scope="module")
def benign_code(tmp_path_factory):
    """A function that gives a spec of the corpus, and its exported file."""

    @cache
    def export(name):
        spec = yaml.safe_load(corpus.SPECS[name])
        return spec, exported(spec, tmp_path_factory.mktemp("benign") / "spec", benign)

    return export


def assert_harmless(code: str, same: str) -> None:
    assert all(character.isprintable() or character == "\n" for character in code)
    assert shape(code) == shape(same)


@pytest.mark.parametrize("text", [QUOTES, LINES], ids=["quotes", "lines"])
@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_free_texts_stay_texts(name, text, benign_code, tmp_path):
    spec, same = benign_code(name)
    if name == "pictures" and text == LINES:
        with pytest.raises(SpecError, match="KS620"):
            exported(spec, tmp_path / "spec", hostile(text))
        return
    code = exported(spec, tmp_path / "spec", hostile(text))
    assert_harmless(code, same)
    free = {benign(each) for each in corpus.texts([spec, corpus.HEADER]) if "~" in each}
    expected = {hostile(text)(each) for each in corpus.texts([spec, corpus.HEADER]) if "~" in each}
    assert len(free) == len(expected)
    values = " ".join(strings(code, str))
    missing = [each for each in free if each in " ".join(strings(same, str)) and hostile(text)(each) not in values]
    assert not missing


@pytest.mark.slow
@pytest.mark.parametrize("name", corpus.SPECS)
def test_each_text_is_refused_or_stays_a_text(name, benign_code, tmp_path):
    """Every text of a spec is tried, so the language decides which texts are free.

    Where the corpus marks none, the text may be a word of the language: the file may say something else, but nothing of
    the text becomes a name.
    """
    spec, same = benign_code(name)
    harmless = 0
    for number, own in enumerate(dict.fromkeys(corpus.texts(spec))):
        for count, text in enumerate(TEXTS):
            put = hostile(text)(own if "~" in own else f"{own}~")
            try:
                code = exported(
                    spec,
                    tmp_path / f"{number}_{count}",
                    lambda each, put=put, own=own: put if each == own else benign(each),
                )
            except SpecError:
                continue
            if "~" in own:
                assert_harmless(code, same)
            else:
                assert not {"__import__", "lambda", "len", "os"} & names(code) - names(same)
            harmless += 1
    assert harmless > len(TEXTS)


def _parts(annotation: Any) -> list[Any]:
    return [annotation, *(part for inner in get_args(annotation) for part in _parts(inner))]


def test_the_corpus_has_each_key_under_which_a_text_can_stand():
    keys = {key for text in corpus.SPECS.values() for key in corpus.texts(yaml.safe_load(text))}
    models, found, fields = [Document], set(), set()
    while models:
        found.add(model := models.pop())
        for name, field in model.model_fields.items():
            parts = _parts(field.annotation)
            models += [
                part for part in parts if isinstance(part, type) and issubclass(part, Model) and part not in found
            ]
            fields |= {(field.alias or name)} if {str, Any} & {part for part in parts if part in (str, Any)} else set()
    assert fields >= {"description", "encoding", "monitor", "from"}
    of_entries = {"head", "arguments"}  # of the parsed entry: in a spec they have no keys
    of_files = {"excel", "texts", "audio", "files", "read", "resize"}  # refused, or tested beside their readers
    elsewhere = {
        "include",
        "file",
    } | of_files  # not read from the exported file; a file's path is written as other paths are
    assert fields - keys == of_entries | elsewhere
