"""The source `csv`: valid and malformed files."""

import encodings.aliases
import gzip

import numpy as np
import pytest
from pydantic import ValidationError

import kspec
from kspec.data.sources import csv_header
from kspec.language.csv_options import CsvOptions
from tests.data.helpers import make_spec, read, table


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


PLAIN = "{csv: t.csv, inputs: [a, b], targets: y}"
ALL_TRAIN = "split: {validation: 0, test: 0}"


def test_columns_become_arrays(tmp_path):
    table(tmp_path)
    data = read(tmp_path, PLAIN).data
    train = data.splits["train"]
    assert [len(split) for split in data.splits.values()] == [30, 10, 10]
    assert train.inputs["x"].dtype == np.float32
    np.testing.assert_array_equal(train.inputs["x"][:, 0], train.rows - 1)
    np.testing.assert_array_equal(train.inputs["x"][:, 1], (train.rows - 1) / 8)
    assert train.targets["y"].tolist() == ["yes" if (row - 1) % 3 else "no" for row in train.rows]
    assert data.labels["y"].names == ["no", "yes"]
    assert data.unused == ["w", "part"]
    assert list(data.fingerprint) == ["t.csv"]
    assert data.describe() == (
        "50 rows: 30 train, 10 validation, 10 test; x from 2 columns; target y: no, yes; not used: w, part"
    )


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("t.csv", b"\xef\xbb\xbfa,b,y\r\n1,2.5,yes\r\n3,4,no\r\n", ""),
        ("t.csv", b"a;b;y\n1;2.5;yes\n3;4;no", ', delimiter: ";"'),
        ("t.csv", b"a\tb\ty\n1\t2.5\tyes\n3\t4\tno", ', delimiter: "\\t"'),
        ("t.csv", "a,b,y\n1,2.5,yes\n3,4,no\n".encode("utf-16"), ", encoding: utf-16"),
        ("t.csv", b'"a"," b ",y\n1,"2.5",yes\n\n3, 4 ,no\n', ""),
        ("t.csv.gz", gzip.compress(b"a,b,y\n1,2.5,yes\n3,4,no\n"), ""),
    ],
    ids=["windows", "semicolons", "tabs", "utf-16", "quotes", "gzip"],
)
def test_csv_variants(tmp_path, name, content, options):
    write(tmp_path, name, content)
    data = read(tmp_path, f"{{csv: {{path: {name}{options}}}, inputs: [a, b], targets: y, {ALL_TRAIN}}}").data
    assert data.splits["train"].inputs["x"].tolist() == [[1, 2.5], [3, 4]]
    assert data.splits["train"].targets["y"].tolist() == ["yes", "no"]


def test_without_a_header_columns_are_numbered(tmp_path):
    write(tmp_path, "t.csv", "1,2,yes\n3,4,no\n")
    data = read(tmp_path, f"{{csv: {{path: t.csv, header: false}}, inputs: [c0, c1], targets: c2, {ALL_TRAIN}}}").data
    assert data.splits["train"].inputs["x"].tolist() == [[1, 2], [3, 4]]


def test_quoted_values_may_contain_delimiters_lines_and_missing_words(tmp_path):
    write(tmp_path, "t.csv", 'a,b,y\n1,2,"yes, and\nmore"\n3,4,"NA"\n')
    data = read(tmp_path, f"{{csv: t.csv, inputs: [a, b], targets: y, {ALL_TRAIN}}}").data
    assert data.splits["train"].targets["y"].tolist() == ["yes, and\nmore", "NA"]


def test_the_type_of_a_column_depends_on_all_its_values(tmp_path):
    rows = "".join(f"{n},1,yes\n" for n in range(3000))
    write(tmp_path, "t.csv", f"a,b,y\n{rows}1.5,1,yes\n1,red,no\n")
    result = read(tmp_path, PLAIN)
    assert result.only.startswith('KS508 `x` takes numbers, but `b` has text: "red" in row 3002')


def test_column_types(tmp_path):
    write(tmp_path, "t.csv", "i,f,bool,t,none,y\n1,1,TRUE,x,,1\n2,1e3,false,,,0\n")
    data = read(tmp_path, f"{{csv: t.csv, inputs: [i, f], targets: y, {ALL_TRAIN}}}").data
    types = {column.name: column.type for column in data.profile.columns}
    assert types == {"i": "integer", "f": "float", "bool": "boolean", "t": "text", "none": "float", "y": "integer"}


def test_text_inputs_take_the_text_of_the_file(tmp_path):
    write(tmp_path, "t.csv", "zip,y\n01234,yes\n99999,no\n")
    data = read(tmp_path, f"{{csv: t.csv, targets: y, {ALL_TRAIN}}}", "zip: {shape: [1], dtype: string}").data
    assert data.splits["train"].inputs["zip"].tolist() == [["01234"], ["99999"]]


def test_a_nameless_column_feeds_nothing(tmp_path):
    write(tmp_path, "t.csv", ",a,b,y\n0,1,2,yes\n1,3,4,no\n")
    data = read(tmp_path, f"{{csv: t.csv, targets: y, {ALL_TRAIN}}}").data
    assert data.splits["train"].inputs["x"].tolist() == [[1, 2], [3, 4]]
    assert data.unused == ["unnamed_0"]


def test_several_files_are_one_table(tmp_path):
    write(tmp_path, "p1.csv", "a,b,y\n1,2,yes\n")
    write(tmp_path, "p2.csv", "b,y,a\n4,no,3.5\n")
    for csv in ('"p*.csv"', "[p1.csv, p2.csv]"):
        data = read(tmp_path, f"{{csv: {csv}, inputs: [a, b], targets: y, {ALL_TRAIN}}}").data
        assert data.splits["train"].inputs["x"].tolist() == [[1, 2], [3.5, 4]]
        assert data.splits["train"].rows.tolist() == [1, 2]
        assert list(data.fingerprint) == ["p1.csv", "p2.csv"]


def test_each_split_can_have_its_own_file(tmp_path):
    write(tmp_path, "a.csv", "a,b,y,more\n1,2,yes,0\n5,6,no,0\n")
    write(tmp_path, "b.csv", "a,b,y\n3,4,no\n7,8,yes\n")
    result = read(tmp_path, "{csv: {train: a.csv, test: b.csv}, inputs: [a, b], targets: y}")
    assert {name: split.rows.tolist() for name, split in result.data.splits.items()} == {
        "train": [1, 2],
        "test": [1, 2],
    }
    result = read(tmp_path, "{csv: {train: a.csv, test: b.csv}, inputs: [a, more], targets: y}")
    assert "KS508 column `more` cannot be used: `b.csv` lacks it" in result.only


def test_a_stated_fraction_is_taken_from_the_training_file(tmp_path):
    table(tmp_path)
    table(tmp_path, "u.csv", 7)
    data = "{csv: {train: t.csv, test: u.csv}, inputs: [a, b], targets: y, split: {validation: 0.1}}"
    assert {k: len(v) for k, v in read(tmp_path, data).data.splits.items()} == {"train": 45, "validation": 5, "test": 7}


BAD = [
    ("a,b,y\n1,2,yes\n1,2\n3,4,no\n1,2,3,4\n", "KS504 `t.csv` has 3 columns, but line 3 has 2, line 5 has 4"),
    ("a;b;y\n1,5;2;yes\n", 'delimiter: ";"'),
    ("a,b,y\n", "KS506 `t.csv` has no rows below its header"),
    ("", "KS501 `t.csv` is empty"),
    ("a,a,y\n1,2,yes\n", "KS504 `t.csv` has several columns named `a`"),
    ("\na,b,y\n", "KS506 `t.csv` has no rows below its header"),
    ("\n\n", "KS504 `t.csv` has no table: all its lines are empty"),
    (b"a,b,y\n1,2,ja\n1,2,caf\xe9\n", "KS504 `t.csv` is not utf-8: line 3 cannot be decoded"),
    (b"PK\0\0\1", "KS504 `t.csv` is a binary file, not a text table"),
    ('a,b,y\n1,"2,yes\n3,4,no\n', "KS504"),
]


@pytest.mark.parametrize(("content", "expected"), BAD)
def test_malformed_files_are_errors(tmp_path, content, expected):
    write(tmp_path, "t.csv", content)
    result = read(tmp_path, PLAIN)
    assert expected in result.only
    assert result.dataset is None
    assert result.pointed == "t.csv"


def test_a_wrong_delimiter_is_recognized_by_the_single_column(tmp_path):
    write(tmp_path, "t.csv", "a;b;y\n1;2;yes\n")
    assert 'try `csv: {path: ..., delimiter: ";"}`' in read(tmp_path, "{csv: t.csv, targets: y}").only


def test_a_file_that_is_not_gzip_is_an_error(tmp_path):
    write(tmp_path, "t.csv.gz", b"nonsense")
    assert "cannot read" in read(tmp_path, "{csv: t.csv.gz, targets: y}").only


def test_a_truncated_gzip_file_is_an_error(tmp_path):
    import random

    lines = "".join(f"{random.random()},2,yes\n" for _ in range(20000))
    write(tmp_path, "t.csv.gz", gzip.compress(f"a,b,y\n{lines}".encode())[:-1000])
    assert read(tmp_path, "{csv: t.csv.gz, targets: y}").only.startswith("KS504")


NOT_OF_TEXT = ["base64", "zlib", "bz2", "hex", "rot13", "uu", "quopri", "punycode", "idna", "unicode_escape"]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        *((name, f"`{name}` is not an encoding of text") for name in [*NOT_OF_TEXT, "undefined", "raw-unicode-escape"]),
        ("latin9999", "unknown encoding `latin9999`"),
        ("(utf-8)", "unknown encoding `(utf-8)`"),
        ("a.json", "unknown encoding `a.json`"),
    ],
)
def test_an_encoding_that_is_none_of_text_is_an_error(encoding, message, tmp_path):
    data = f'{{csv: {{path: t.csv, encoding: "{encoding}"}}, inputs: [a, b], targets: y}}'
    with pytest.raises(kspec.SpecError) as raised:
        make_spec(tmp_path, data)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("KS103", message)
    assert diagnostic.span.text == f'"{encoding}"'


def test_each_encoding_of_text_is_read(tmp_path):
    """Of all encodings that Python has, those that can write a table are either refused or read right."""
    read_right = 0
    for encoding in sorted({*encodings.aliases.aliases.values()}):
        try:
            content = "a,b,y\n1,2.5,yes\n3,4,no\n".encode(encoding)
            CsvOptions(path="t.csv", encoding=encoding)
        except (LookupError, UnicodeError, ValidationError):
            continue
        write(tmp_path, "t.csv", content)
        data = read(
            tmp_path, f"{{csv: {{path: t.csv, encoding: {encoding}}}, inputs: [a, b], targets: y, {ALL_TRAIN}}}"
        )
        assert data.data.splits["train"].inputs["x"].tolist() == [[1, 2.5], [3, 4]], encoding
        read_right += 1
    assert read_right > 80


PATHS = [
    ("nope.csv", "KS501 file `nope.csv` not found", "nope.csv"),
    ("tt.csv", "did you mean `t.csv`?", "tt.csv"),
    ("none/t.csv", "none` does not exist", "none/t.csv"),
    ("none/t.csv", "did you mean `t.csv`?", "none/t.csv"),
    ("folder/tt.csv", "did you mean `folder/t.csv`?", "folder/tt.csv"),
    ("deeper.csv", "did you mean `folder/deeper.csv`?", "deeper.csv"),
    ("folder", "KS501 `folder` is a folder, not a file | | name a file, or all", "folder"),
    ('"x*.csv"', "KS501 no file matches `x*.csv`", '"x*.csv"'),
    ("[t.csv, u.csv]", "KS501 file `u.csv` not found", "u.csv"),
    ("{train: t.csv, test: u.csv}", "KS501 file `u.csv` not found", "u.csv"),
    ("{path: u.csv}", "KS501 file `u.csv` not found", "u.csv"),
    ("https://x.org/t.csv", "KS702", "https://x.org/t.csv"),
    ("/etc/passwd", "KS701 `/etc/passwd` lies outside the spec's folder", "/etc/passwd"),
    ("../../t.csv", "KS701", "../../t.csv"),
    ("link.csv", "(through a link)", "link.csv"),
]


@pytest.mark.parametrize(("path", "expected", "pointed"), PATHS)
def test_path_errors(tmp_path, path, expected, pointed):
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    table(inside)
    table(inside / "folder")
    (inside / "folder" / "deeper.csv").write_text("a,b,y\n1,2,0\n")
    table(tmp_path)
    (inside / "link.csv").symlink_to(tmp_path / "t.csv")
    result = read(inside, f"{{csv: {path}, inputs: [a, b], targets: y}}")
    assert expected.replace("| |", "|  |") in result.only
    assert result.pointed == pointed


def test_files_outside_can_be_allowed(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    table(tmp_path)
    assert read(inside, "{csv: ../t.csv, inputs: [a, b], targets: y}", allow_outside=True).data


def test_files_in_the_working_directory_are_allowed(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    table(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert read(inside, "{csv: ../t.csv, inputs: [a, b], targets: y}").data


@pytest.mark.parametrize(
    "data",
    [
        "{csv: {trian: a.csv}}",
        "{csv: {train: a.csv, delimiter: ';'}}",
        "{csv: {path: a, delimiter: ';;'}}",
        "{csv: 3}",
        "{csv: []}",
        "{csv: {}}",
        "{csv: {test: a.csv}}",
        "{csv: a, parquet: b}",
        "{csv: a, split: {by: x, test: 0.1}}",
        "{csv: a, split: {validation: 0.5, test: 0.5}}",
        "{csv: a, missing: {a: null}}",
        "{csv: a, missing: {a: .nan}}",
        "{images: {path: x}}",
        "{cvs: a}",
        "{split: {test: 0.1}}",
        "{synthetic: false}",
        "synthetic",
    ],
)
def test_invalid_settings_are_errors(tmp_path, data):
    from kspec import SpecError

    with pytest.raises(SpecError) as caught:
        make_spec(tmp_path, data)
    assert len(caught.value.diagnostics) == 1


def test_headers_longer_than_a_block_and_over_several_lines(tmp_path):
    names = [f"a_column_with_a_very_long_name_{number}" for number in range(4000)]
    write(tmp_path, "t.csv", ",".join(names) + ',"y\nz"\n' + "".join("1," * 4000 + f"{n % 2}\n" for n in range(10)))
    data = read(tmp_path, '{csv: t.csv, targets: "y\\nz"}', "x: {shape: [4000]}").data
    assert sum(map(len, data.splits.values())) == 10


def test_millions_of_blank_lines_are_not_looked_at_one_by_one(tmp_path, monkeypatch):
    bounded, seen = csv_header._bounded, []

    def counted(lines, name):
        seen.append(0)
        for line in bounded(lines, name):
            seen[-1] += 1
            yield line

    monkeypatch.setattr(csv_header, "_bounded", counted)
    blank = "\n" * (csv_header.SAMPLE_LINES + 9)
    (tmp_path / "t.csv").write_text(f"a,b,y\n{blank}" + "1,2,0\n3,4,1\n" * 4 + blank)
    assert sum(map(len, read(tmp_path, "{csv: t.csv, targets: y}").data.splits.values())) == 8
    assert set(seen) == {csv_header.SAMPLE_LINES + 1}


def test_rows_longer_than_a_block(tmp_path):
    rows = "".join(f'{n},{n / 8},{n % 2},"{"word, " * 300_000 if n == 7 else "short"}"\n' for n in range(10))
    write(tmp_path, "t.csv", "a,b,y,note\n" + rows)
    data = read(tmp_path, PLAIN).data
    assert sum(map(len, data.splits.values())) == 10


def test_the_type_depends_on_all_pieces_of_a_column(tmp_path):
    values = [*range(40_000), 0.5, "-0", " 7", "NA", "\u00a08"]
    write(tmp_path, "t.csv", "a,b,y\n" + "".join(f"{value},{n},{n % 2}\n" for n, value in enumerate(values)))
    data = read(tmp_path, f"{{csv: t.csv, inputs: [a, b], targets: y, missing: {{a: -1}}, {ALL_TRAIN}}}").data
    found = data.splits["train"].inputs["x"][:, 0]
    np.testing.assert_array_equal(found, np.array([*range(40_000), 0.5, -0.0, 7, -1, 8], np.float32))
    assert np.signbit(found[-4])


def test_a_device_file_is_an_error(tmp_path):
    result = read(tmp_path, "{csv: /dev/zero, targets: y}", allow_outside=True)
    assert "KS501 `/dev/zero` is a device, not a file" in result.only
