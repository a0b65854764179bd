"""The options of `csv`: tables as people have them."""

import re

import numpy as np
import pytest

import kspec
from tests.data.helpers import make_spec, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
ROWS = [[1, 2.5], [3, 4]]


def read_text(folder, text, options, inputs="[a, b]", targets="y", encoding="utf-8", name="t.data", **more):
    (folder / name).write_bytes(text.encode(encoding))
    data = f"{{csv: {{path: {name}{options}}}, inputs: {inputs}, targets: {targets}, {ALL_TRAIN}}}"
    return read(folder, data, **more)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("1,2.5,yes\n3,4,no\n", ", names: [a, b, y]"),
        ("p,q,r\n1,2.5,yes\n3,4,no\n", ", names: [a, b, y], header: true"),
        ("1,2.5,yes,\n3,4,no,\n", ", names: [a, b, y]"),
        ("a,b,y\n1,2.5,yes,\n3,4,no,\n", ""),
        ("a,b,y,\n1,2.5,yes\n3,4,no\n", ""),
        ("a b y\nr1 1 2.5 yes\nr2 3 4 no\n", ", delimiter: whitespace"),
        ("  a\tb   y\n1   2.5\t yes  \r\n\n 3 4 no", ", delimiter: whitespace"),
        ("1 2.5 'yes'\n3  4  'no'", ', delimiter: whitespace, quote: "\'", names: [a, b, y]'),
        ("# by hand\na,b,y\n1,2.5,yes # sure\n# more\n3,4,no\n", ', comment: "#"'),
        ("Table 3\nin 2020, all\n\na,b,y\n1,2.5,yes\n3,4,no\n", ", skip_rows: 2"),
        ("a;b;y\n1;2,5;yes\n3;4,0;no\n", ', delimiter: ";", decimal: ","'),
        ("a;b;y\n1;  2,5 ;yes\n3;4;no\n", ', delimiter: ";", decimal: ",", thousands: "."'),
        ("a , b,y\n 1, 2.5 , yes\n3 ,4, no \n", ""),
        ('a, "b",y\n1, "2.5", "yes"\n3,4,"no"\n', ""),
        ("1|2.5|yes\n3|4|no\n", ', delimiter: "|", names: [a, b, y], skip_rows: 0'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_same_table_in_many_forms(tmp_path, text, options, encoding):
    options += "" if encoding == "utf-8" else f", encoding: {encoding}"
    train = read_text(tmp_path, text, options, encoding=encoding).data.splits["train"]
    assert train.inputs["x"].tolist() == ROWS
    assert train.targets["y"].tolist() == ["yes", "no"]


def test_thousands_stand_in_groups_of_three(tmp_path):
    text = 'a,b,y\n"1,234,567",1,1\n"-12,000.5",2,0\n999,3,1\n'
    assert read_text(tmp_path, text, ', thousands: ","').data.splits["train"].inputs["x"][:, 0].tolist() == [
        1234567, -12000.5, 999,
    ]  # fmt: skip
    assert 'text: "1,2" in row 1' in read_text(tmp_path, 'a,b,y\n"1,2",1,1\n', ', thousands: ","').only


def test_a_point_is_no_decimal_comma(tmp_path):
    assert "`a` has text" in read_text(tmp_path, "a;b;y\n1,5;1;1\n1.5;1;0\n", ', delimiter: ";", decimal: ","').only


@pytest.mark.parametrize(
    ("marks", "gaps"),
    [
        ('["?", -999]', ["a1", "a2", "b2", "b4"]),
        ("-999", ["a2", "b2", "b4"]),
        ('{a: ["?", -999], b: 0}', ["a1", "a2", "b1"]),
    ],
)
def test_marks_of_missing_values(tmp_path, marks, gaps):
    text = "a,b,y\n ?,0,yes\n-999,-999.0,no\n3,1.5,no\n4, -999,yes\n"
    if "?" not in marks:
        text = text.replace("?", "7")
    (tmp_path / "t.csv").write_text(text)
    spec = f"{{csv: {{path: t.csv, missing: {marks}}}, inputs: [a, b], targets: y, missing: 77, {ALL_TRAIN}}}"
    data = read(tmp_path, spec).data
    found = data.splits["train"].inputs["x"]
    assert [f"{'ab'[column]}{row + 1}" for column, row in np.argwhere(found.T == 77)] == gaps
    assert data.profile.columns[0].type == "integer"


def test_marks_stand_for_missing_texts_too_even_in_quotes(tmp_path):
    text = 'a,b,y\n1,2,yes\n1,2,"?"\n1,2, ?\n'
    result = read_text(tmp_path, text, ', missing: "?"')
    assert "`y` has missing values" in result.only or "KS503" in result.only


def test_unquoted_text_is_trimmed_and_quoted_text_is_not(tmp_path):
    text = 't,y\n red ,1\n" red ",0\nred,1\n " a, b" ,1\n dark red,0\n'
    (tmp_path / "t.csv").write_text(text)
    data = read(tmp_path, f"{{csv: t.csv, targets: y, {ALL_TRAIN}}}", "t: {shape: [1], dtype: string}").data
    assert data.splits["train"].inputs["t"].ravel().tolist() == ["red", " red ", "red", " a, b", "dark red"]


def test_quotes_as_plain_characters(tmp_path):
    text = 't\ty\n5" pipe\t1\n"so\t0\n'
    (tmp_path / "t.csv").write_text(text)
    csv = '{path: t.csv, delimiter: "\\t", quote: false}'
    data = read(tmp_path, f"{{csv: {csv}, targets: y, {ALL_TRAIN}}}", "t: {shape: [1], dtype: string}").data
    assert data.splits["train"].inputs["t"].ravel().tolist() == ['5" pipe', '"so']


def test_long_tables_with_blanks_keep_every_row(tmp_path):
    """Blocks of the file end anywhere, also in quoted texts."""
    rows = [f'{n}   "a {n}\t b"   {n % 7}.5' for n in range(60_000)]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    csv = "{path: t.csv, delimiter: whitespace, names: [a, t, y]}"
    data = read(tmp_path, f"{{csv: {csv}, inputs: t, targets: y, {ALL_TRAIN}}}", "t: {shape: [1], dtype: string}").data
    found = data.splits["train"]
    assert found.inputs["t"].ravel().tolist() == [f"a {n}\t b" for n in range(60_000)]
    assert found.targets["y"].tolist() == [n % 7 + 0.5 for n in range(60_000)]


def test_lines_are_counted_as_in_the_file(tmp_path):
    text = "# top\n\na,b,y\n1,2,yes\n\n# note\n1,2,yes,4\n"
    assert "line 7 has 4" in read_text(tmp_path, text, ', comment: "#"').only
    assert "line 4 has 2" in read_text(tmp_path, "a,b,y\n\n1,2,yes\n1,2\n", "").only


def test_names_that_do_not_fit_are_an_error(tmp_path):
    result = read_text(tmp_path, "1,2,3,4\n1,2,3,4\n", ", names: [a, b, y]")
    assert "`names` lists 3 columns, but `t.data` has 4" in result.only
    assert result.pointed == "[a, b, y]"


def test_equal_numbers_in_the_first_line_are_no_names(tmp_path):
    assert "header: false" in read_text(tmp_path, "30,64,1,1\n30,62,3,1\n", "", inputs="[c0]").only


def test_an_unknown_column_with_marks_is_an_error(tmp_path):
    result = read_text(tmp_path, "a,b,y\n1,2,3\n", ", missing: {aa: 0}")
    assert "KS502 unknown column `aa`" in result.only
    assert result.pointed == "aa"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("delimiter: ws", "a delimiter must be a single character or `whitespace`"),
        ("quote: true", "a quote must be"),
        ("comment: '##'", "`comment` must be a single character"),
        ('decimal: ";"', "`decimal` must be a point or a comma"),
        ("thousands: x", "`thousands` must be"),
        ('decimal: ",", thousands: ","', "`,` cannot be both `decimal` and `thousands`"),
        ('comment: ","', "`,` cannot be both `delimiter` and `comment`"),
        ("names: []", "`names` must be a list"),
        ("names: [a, a]", "`names` has `a` twice"),
        ("names: [a, 1]", "a column name must be text"),
        ("missing: [true]", "what stands for a missing value must be text or a number"),
        ("missing: {a: [.inf]}", "infinity cannot stand for a missing value"),
        ("skip_rows: -1", "skip_rows"),
    ],
)
def test_options_are_checked(tmp_path, options, message):
    with pytest.raises(kspec.SpecError) as raised:
        make_spec(tmp_path, f"{{csv: {{path: t.csv, {options}}}}}")
    (diagnostic,) = raised.value.diagnostics
    assert re.search(re.escape(message), diagnostic.message)
