"""Exported files read text tables with all options of `csv:` as kspec does."""

from __future__ import annotations

import bz2
import lzma
import zipfile

import pytest

from tests.codegen.data_part import assert_same_examples

NETWORK = """\
inputs:
  n: {shape: [2]}
  t: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: t
    name: s
  - Concatenate:
    from: [n, s]
  - Dense: {units: 1}
    name: y
"""
ROWS = [(n * 1.5 - 7, n, ["up", "down", "left"][n % 3], 1000.25 + 7 * n) for n in range(20)]


def written(rows, delimiter=",", decimal=".", thousands=""):
    """Lines of a table without a header; the last column has thousands."""

    def number(value):
        text = f"{value:,}" if thousands else str(value)
        return text.translate({ord(","): thousands, ord("."): decimal})

    return [delimiter.join([number(a), str(b), c, number(y)]) for a, b, c, y in rows]


LINES = written(ROWS)
HEAD = "a,b,c,y"
TABLES = {
    "names": ("path: t.csv, names: [a, b, c, y]", LINES),
    "names for a header": ("path: t.csv, names: [a, b, c, y], header: true", ["w,x,y,z", *LINES]),
    "no header": ("path: t.csv, header: false", LINES),
    "decimal": ("path: t.csv, delimiter: ';', decimal: ','", ["a;b;c;y", *written(ROWS, ";", ",")]),
    "thousands": (
        "path: t.csv, delimiter: ';', decimal: ',', thousands: '.'",
        ["a;b;c;y", *written(ROWS, ";", ",", ".")],
    ),
    "skipped": ("path: t.csv, skip_rows: 2", ["from the shop", "2024, all", "", HEAD, *LINES]),
    "comment": ("path: t.csv, comment: '#'", ["# made, by hand", HEAD, *LINES[:5], "#gone,1,up,3", *LINES[5:]]),
    "comment behind": ("path: t.csv, comment: '#'", ["#", "#", f"{HEAD} # names", *(f"{n}#n" for n in LINES)]),
    "quote": ('path: t.csv, quote: "\'"', [HEAD, *LINES[:9], "1,2,'a, b',3", *LINES[9:]]),
    "no quotes": ("path: t.csv, quote: false", [HEAD, *LINES[:9], '1,2,a"b,3', *LINES[9:]]),
    "blanks": ("path: t.csv", [HEAD, *(line.replace(",", " ,  ") for line in LINES)]),
    "blanks and quotes": ("path: t.csv", [HEAD, *(line.replace(",", ", ") for line in LINES), '1, 2, "a, b", 3']),
    "whitespace": (
        "path: t.csv, delimiter: whitespace",
        ["", " a b   c\ty", *(f"  {line.replace(',', '   ')} " for line in LINES)],
    ),
    "whitespace and quotes": (
        "path: t.csv, delimiter: whitespace, comment: '%'",
        ["%x", "a b c y", *(line.replace(",", "  ") for line in LINES), '1 2 "a  b" 3 % a comment'],
    ),
    "names of rows": ("path: t.csv", [HEAD, *(f"r{n},{line}" for n, line in enumerate(LINES))]),
    "latin": ("path: t.csv, encoding: latin-1", [HEAD, *LINES, "1,2,grün,3"]),
    "utf-16": ("path: t.csv, encoding: utf-16", [HEAD, *LINES, "1,2,grün,3"]),
    "mark": ("path: t.csv, encoding: utf-8", ["\ufeff" + HEAD, *LINES]),
}


def spec(folder, csv, more="", columns="abcy"):
    a, b, c, y = columns if isinstance(columns, list) else list(columns)
    path = folder / "spec.yaml"
    path.write_text(
        f"kspec: 1\ndata:\n  csv: {{{csv}}}\n  inputs: {{n: [{a}, {b}], t: {c}}}\n  targets: {y}\n"
        f"  missing: {{{a}: median, {b}: drop_row, {c}: most_frequent, {y}: drop_row}}\n{more}{NETWORK}"
    )
    return path


@pytest.mark.parametrize("name", TABLES)
def test_options(name, tmp_path):
    csv, lines = TABLES[name]
    encoding = {"latin": "latin-1", "utf-16": "utf-16"}.get(name, "utf-8")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding=encoding)
    columns = ["c0", "c1", "c2", "c3"] if name == "no header" else "abcy"
    assert_same_examples(spec(tmp_path, csv, columns=columns))


@pytest.mark.parametrize("marks", ["['?', -999]", "{a: ['?', -999], c: left, y: 1014.25}"])
def test_marks_of_missing_values(marks, tmp_path):
    lines = [*LINES, "?,3,up,7", "-999,3,up,7", "-999.0,3,left,7", "1,,up,8", "1,5,?,8"]
    (tmp_path / "t.csv").write_text("\n".join([HEAD, *lines]) + "\n")
    text = assert_same_examples(spec(tmp_path, f"path: t.csv, missing: {marks}"))
    assert '"-999.0"' in text


def test_packed_files(tmp_path):
    content = ("\n".join([HEAD, *LINES]) + "\n").encode()
    (tmp_path / "1.csv.bz2").write_bytes(bz2.compress(content))
    (tmp_path / "2.csv.xz").write_bytes(lzma.compress(content))
    with zipfile.ZipFile(tmp_path / "3.zip", "w") as archive:
        archive.writestr("inside.csv", content)
    (tmp_path / "4.csv").write_bytes(content)
    pa = pytest.importorskip("pyarrow")
    with pa.CompressedOutputStream(str(tmp_path / "5.csv.zst"), "zstd") as stream:
        stream.write(content)
    for paths in ("1.csv.bz2", "2.csv.xz", "3.zip", "5.csv.zst", "[1.csv.bz2, 4.csv]"):
        assert_same_examples(spec(tmp_path, f"path: {paths}"))


def test_several_files_with_options(tmp_path):
    for number in range(2):
        lines = ["# shop", "a b c y", *(line.replace(",", "  ") for line in LINES[number::2])]
        (tmp_path / f"{number}.txt").write_text("\n".join(lines) + "\n")
    assert_same_examples(spec(tmp_path, "path: '?.txt', delimiter: whitespace, comment: '#'"))


def test_other_data_may_lack_columns_with_marks(tmp_path):
    (tmp_path / "t.csv").write_text("\n".join([HEAD, *LINES, "-99,3,up,7", "5,3,up,8"]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join([HEAD[:-2], "-99,3,up", "1,2,left"]) + "\n")
    text = assert_same_examples(spec(tmp_path, "path: t.csv, missing: {a: -99, y: 8}", "predict: {data: new.csv}\n"))
    assert 'row.get(name, "").strip() in marks' in text
