"""The notation of types, and their description in sentences."""

import pytest

from kspec.catalog import KINDS, find, names
from kspec.catalog.type_text import describe
from kspec.catalog.types import Choice, FilePath, ListOf, Null, Number, ObjectOf, Text, Union, parse
from kspec.lint.matching import match


@pytest.mark.parametrize(
    ("notation", "type_"),
    [
        ("int", Number(integer=True)),
        ("int>=1", Number(integer=True, minimum=1)),
        ("int>0", Number(integer=True, minimum=0, open_minimum=True)),
        ("float<=0", Number(integer=False, maximum=0)),
        ("int>=-1", Number(integer=True, minimum=-1)),
        ("float[0,1)", Number(integer=False, minimum=0, maximum=1, open_maximum=True)),
        ("float(-1,1]", Number(integer=False, minimum=-1, maximum=1, open_minimum=True)),
        ('"valid"|"same"', Choice(("valid", "same"))),
        ('int|"auto"|null|"never"', Union((Choice(("auto", "never")), Number(integer=True), Null()))),
        ("[str]", ListOf(Text())),
        ("[int>=1;2]", ListOf(Number(integer=True, minimum=1), 2, 2)),
        ("[int|null;1..3]", ListOf(Union((Number(integer=True), Null())), 1, 3)),
        ("<cell>|[<cell>]", Union((ObjectOf("cell"), ListOf(ObjectOf("cell"))))),
        ("path:read|[str]", Union((FilePath(write=False), ListOf(Text())))),
    ],
)
def test_a_notation_is_parsed(notation, type_):
    assert parse(notation) == type_


@pytest.mark.parametrize(
    "notation", ["", "integer", "int|", "[int", "[int;x]", "{int", "<layer", '"word', "int]", "float[0,1"]
)
def test_a_malformed_notation_is_an_error(notation):
    with pytest.raises(ValueError, match="type notation"):
        parse(notation)


@pytest.mark.parametrize(
    ("notation", "sentence"),
    [
        ("int>=1", "a positive integer"),
        ("int>=0", "a non-negative integer"),
        ("int>=2", "an integer of at least 2"),
        ("int[1,8]", "an integer between 1 and 8"),
        ("int[0,1]", "0 or 1"),
        ("path:write", "a path to write to"),
        ("float>0", "a positive number"),
        ("float<=0", "a number of at most 0"),
        ("float[0,1]", "a number between 0 and 1"),
        ("float[0,1)", "a number of at least 0 and below 1"),
        ('"valid"|"same"', "`valid` or `same`"),
        ('"sum"|"mul"|null', "`sum`, `mul` or `null`"),
        ('bool|"auto"', "`auto`, `true` or `false`"),
        ("int|[int;2]", "an integer or a list of 2 integers"),
        ("int[1,1]", "1"),
        ("[int>=0;1]", "a list of 1 non-negative integer"),
        ("[int>=1;1..3]", "a list of 1 to 3 positive integers"),
        ("[int|null]", "a list, each item an integer or `null`"),
        ("int|[int|[int;2];2]", "an integer or a list of 2 items, each an integer or a list of 2 integers"),
        ("<initializer>", "an initializer (such as `glorot_uniform` or `HeNormal: {}`)"),
        ("<cell>|[<cell>]", "an RNN cell (such as `LSTMCell: {units: 8}`) or a list of RNN cells"),
        ("{float}|null", "a mapping of names to numbers or `null`"),
        ("path:read|[str]", "the path of a file or a list of strings"),
    ],
)
def test_a_type_completes_the_sentence_must_be(notation, sentence):
    assert describe(parse(notation)) == sentence


def test_every_type_of_the_catalog_can_be_parsed_and_described():
    for kind in KINDS:
        for name in names(kind):
            entry = find(kind, name)
            assert entry is not None
            for parameter in (*entry.parameters.values(), *entry.constants.values()):
                assert describe(parse(parameter.type)), (name, parameter)


def test_every_default_is_of_its_type():
    for kind in KINDS:
        for name in names(kind):
            entry = find(kind, name)
            assert entry is not None
            for group in (entry.parameters, entry.constants):
                for parameter in group.values():
                    is_tensor_too = group is entry.constants and any(t.name == parameter.name for t in entry.tensors)
                    if not parameter.required and not is_tensor_too:
                        assert match(parameter.default, parse(parameter.type)) == [], (kind, name, parameter)
