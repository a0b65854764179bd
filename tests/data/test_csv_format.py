"""How a text table is written, as `kspec init` finds out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kspec.data.first_row import is_data
from kspec.data.number_texts import number_texts, why_no_numbers, words_among_numbers
from kspec.data.table_preview import FilePreview, profile_file
from kspec.data.time_formats import is_time, names_time
from kspec.diagnostics import Report

ROWS = "".join(f"{n},{n * 7 % 11 + 0.5},{'yes' if n % 3 else 'no'}\n" for n in range(40))
NAMES = "a,b,y\n"


def preview(folder: Path, content: str | bytes, name: str = "t.dat") -> FilePreview:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    report = Report()
    found = profile_file(folder / name, report)
    assert found is not None, list(report)
    return found


@pytest.mark.parametrize(
    ("content", "options", "columns"),
    [
        (NAMES + ROWS, {}, ["a", "b", "y"]),
        (ROWS, {"header": False}, ["c0", "c1", "c2"]),
        ((NAMES + ROWS).replace(",", ";").replace(".", ","), {"delimiter": ";", "decimal": ","}, ["a", "b", "y"]),
        (ROWS.replace(",", ";").replace(".", ","), {"delimiter": ";", "header": False, "decimal": ","}, None),
        ((NAMES + ROWS).replace(",", "\t"), {"delimiter": "\t"}, ["a", "b", "y"]),
        (ROWS.replace(",", "   "), {"delimiter": "whitespace", "header": False}, None),
        (NAMES + ROWS.replace(",", ", "), {}, ["a", "b", "y"]),
        ("Table 1\nmade by hand, in 2020\n\n" + NAMES + ROWS, {"skip_rows": 3}, ["a", "b", "y"]),
        ("# note\n# more\n" + NAMES + ROWS, {"comment": "#"}, ["a", "b", "y"]),
        ("a,a,y\n" + ROWS, {"header": True, "names": ["a", "a_2", "y"]}, ["a", "a_2", "y"]),
        (("größe,b,y\n" + ROWS).encode("latin-1"), {"encoding": "cp1252"}, ["größe", "b", "y"]),
        (("größe,b,y\n" + ROWS).encode("utf-16"), {"encoding": "utf-16"}, ["größe", "b", "y"]),
        (("größe,b,y\n" + ROWS).encode("utf-8-sig"), {}, ["größe", "b", "y"]),
        (NAMES + ROWS.replace("\n", ",\n"), {}, ["a", "b", "y", "unnamed_3"]),
        (NAMES + ROWS.replace("7.5", "?").replace("3.5", " -"), {"missing": ["-", "?"]}, ["a", "b", "y"]),
        (NAMES + ROWS.replace(".5", ".5,0").replace("5,0", '50"').replace(",1", ',"1').replace('"', ""), {}, None),
        ("2001,2002,2003,y\n" + ROWS.replace(",", ",1,", 1), {}, None),
    ][:15],
)  # fmt: skip
def test_the_format_is_found(
    content: str | bytes, options: dict[str, object], columns: list[str] | None, tmp_path: Path
) -> None:
    found = preview(tmp_path, content)
    assert found.options == options
    assert [column.name for column in found.profile.columns] == (columns or ["c0", "c1", "c2"])
    assert found.profile.rows == 40
    assert found.profile.columns[1].type == "float"


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", "город Москва Казань Самара Тверь"),
        ("cp1250", "miasto Łódź Kraków Gdańsk Częstochowa"),
        ("cp1253", "πόλη Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο"),
        ("cp932", "都市 東京 大阪 名古屋 福岡"),
        ("gb18030", "城市 北京 上海 广州 深圳"),
        ("cp949", "도시 서울 부산 대구 인천"),
        ("cp1252", "Stadt Köln München Düsseldorf Nürnberg"),
    ],
)
def test_the_language_of_a_text_tells_its_encoding(encoding: str, words: str, tmp_path: Path) -> None:
    name, *cities = words.split()
    plain = "".join(f"x,{n},yes\n" for n in range(20_000))  # more than is looked at for the rest
    rows = "".join(f"{cities[n % 4]},{n},{'yes' if n % 3 else 'no'}\n" for n in range(40))
    found = preview(tmp_path, f"{name},b,y\n{plain}{rows}".encode(encoding))
    assert found.options == {"encoding": encoding}
    assert found.table.columns[name].values[-4:].tolist() == cities


@pytest.mark.parametrize(
    "name", ["price £", "size (m²)", "cost €", "10 µm", "naïve", "Château", "Åse", "El Niño", "±1"]
)
def test_few_signs_are_western(name: str, tmp_path: Path) -> None:
    found = preview(tmp_path, f"{name},b,y\n{ROWS}".encode("cp1252"))
    assert found.options == {"encoding": "cp1252"}
    assert found.profile.columns[0].name == name


def test_columns_of_different_notations_are_all_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{n}.{n % 900 + 100},5{n};0.{n % 7}25;{n % 9},5\n" for n in range(1, 40)) + "n.a.;0.5;8,5\n"
    found = preview(tmp_path, "sales;rate;price\n" + rows)
    assert found.options == {"delimiter": ";"}
    assert found.table.columns["sales"].values[:2].tolist() == [1101.51, 2102.52]
    assert found.table.columns["sales"].missing.tolist() == [False] * 39 + [True]
    assert found.table.columns["rate"].values[0] == 0.125
    assert found.table.columns["price"].values[0] == 1.5
    assert found.columns["price"].expression == """cast(replace("price", ',', '.') as double)"""
    assert found.columns["sales"].expression == (
        """cast(replace(replace(nullif("sales", 'n.a.'), '.', ''), ',', '.') as double)"""
    )


def test_thousands_are_found(tmp_path: Path) -> None:
    rows = "".join(f'"{n},{n % 900 + 100}",{n % 7}\n' for n in range(1, 30))
    assert preview(tmp_path, "price,y\n" + rows).options == {"thousands": ","}
    rows = "".join(f"{n}.{n % 900 + 100},{n % 7};{n}\n" for n in range(1, 30))
    assert preview(tmp_path, "price;y\n" + rows).options == {"delimiter": ";", "decimal": ",", "thousands": "."}


def test_an_arff_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.arff").write_text("% note\n@RELATION x\n@data\n1,2\n")
    report = Report()
    assert profile_file(tmp_path / "t.arff", report) is None
    assert "is an ARFF file" in next(iter(report)).message


@pytest.mark.parametrize(
    ("first", "rows", "expected"),
    [
        ("3 110 1", ["1 85 0", "8 183 1"], True),
        ("age size y", ["1 85 0", "8 183 1"], False),
        ("2001 2002 2003", ["1 85 0", "8 183 1"], False),
        ("0 0 1", ["1 85 0", "8 183 1"], True),
        ("red p", ["blue q", "red p", "red q"], True),
        ("name kind", ["ann p", "bob q", "cid p", "dan q"], False),
        ("id 2020", ["1 5", "2 6"], False),
        ("5.1 setosa", ["4.9 setosa", "6 virginica"], True),
        ("? red 1", ["3 blue 2", "4 red 9"], True),
        ("0 1 2", [], False),
    ],
)
def test_a_first_row_of_data_fits_its_columns(first: str, rows: list[str], expected: bool) -> None:
    assert is_data(first.split(), [row.split() for row in rows]) is expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["41,5", "3", "2,25"], 'csv: {path: ..., decimal: ","}'),
        (["1,234", "3", "22,250"], 'csv: {path: ..., thousands: ","}'),
        (["1.234,5", "3"], 'decimal: ",", thousands: "."'),
        (["?", "3", "2.5", "?"], '"?" stands in 2 of 4 rows, all others are numbers'),
        (["low", *map(str, range(20))], '"low" stands in 1 of 21 rows'),
        (["low", "high", "3", "4"], ""),
        (["red", "blue"], ""),
        (["$5", "$6"], ""),
    ],
)
def test_why_a_column_has_no_numbers(texts: list[str], expected: str) -> None:
    found = why_no_numbers(texts)
    assert expected in found
    assert bool(expected) == bool(found)


def test_marks_are_few_words() -> None:
    assert number_texts(["?", "1"]).marks == ["?"]
    assert number_texts(["a", "b", "c", "1"]).marks is None


def test_dates_and_their_names() -> None:
    for text in (
        "2024-05-01",
        "2001-01",
        "1.5.2024",
        "5/1/99",
        "May 2024",
        "2024Q2",
        "2024-05-01T10:00:00Z",
        "1 Jan 2000",
    ):
        assert is_time(text), text
    for text in ("12", "1.5", "may", "2024", "a-b-c"):
        assert not is_time(text), text
    assert [names_time(name) for name in ("SaleDate", "year", "update")] == [True, True, False]


def test_words_among_numbers_of_other_sources() -> None:
    texts = ["low", *map(str, range(20))]
    assert words_among_numbers(texts, "x").endswith("""`columns: {x_number: cast(nullif("x", 'low') as double)}`""")
    assert not words_among_numbers(["low", "high"], "x")
