"""The source excel: a sheet of a workbook."""

import datetime
import zipfile

import numpy as np
import openpyxl
import pytest

from kspec import SpecError
from kspec.compiler.check import check_spec
from kspec.data import load_for_prediction
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
HEADER = ["id", "when", "ok", "size", "mixed", None]
ROWS = [
    [number, datetime.date(2024, 1, number), number % 2 == 0, None if number == 2 else number / 4, number if number % 3 else "w", None]
    for number in range(1, 13)
]  # fmt: skip


def write(path, header=HEADER, rows=ROWS, *, titles=(), sheets=("Data",), hidden=()):
    """A workbook whose table is in the last of its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        if name in hidden:
            sheet.sheet_state = "hidden"
    for title in titles:
        sheet.append([title])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=4)
    for row in (header, *rows):
        sheet.append(row)
    book.save(path)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "t.xlsx")
    return tmp_path


def test_cells_are_what_a_csv_file_would_have(folder):
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in ([*HEADER[:-1], ""], *ROWS)]
    (folder / "t.csv").write_text("\n".join(lines))
    settings = f"inputs: {{x: [id, size], w: mixed}}, targets: ok, missing: {{size: mean}}, {ALL_TRAIN}"
    inputs = "x: {shape: [2]}, w: {shape: [1], dtype: string}"
    ours = read(folder, f"{{excel: t.xlsx, {settings}}}", inputs).data.splits["train"]
    theirs = read(folder, f"{{csv: t.csv, {settings}}}", inputs).data.splits["train"]
    np.testing.assert_array_equal(ours.inputs["x"], theirs.inputs["x"])
    assert ours.inputs["w"].tolist() == theirs.inputs["w"].tolist()
    assert ours.targets["y"].tolist() == theirs.targets["y"].tolist()


def test_dates_are_times(folder):
    data = read(folder, "{excel: t.xlsx, inputs: id, targets: ok, split: {time: when, validation: 0, test: 2024-01-10}}", "x: {shape: [1]}").data  # fmt: skip
    assert data.splits["test"].inputs["x"].ravel().tolist() == [10, 11, 12]
    window = "window: {length: 3, time: when}, inputs: {x: {columns: id, window: past}}, targets: id"
    data = read(folder, f"{{excel: t.xlsx, {window}, {ALL_TRAIN}}}", "x: {shape: [3, 1]}").data
    assert np.asarray(data.splits["train"].targets["y"][:2]).ravel().tolist() == [4, 5]


def test_titles_and_empty_rows_are_no_rows(folder):
    write(folder / "t.xlsx", ["a", "b"], [[1, 2], [None, None], [3, 4]], titles=["Sales of 2024", None])
    data = read(folder, f"{{excel: t.xlsx, inputs: a, targets: b, {ALL_TRAIN}}}", "x: {shape: [1]}").data
    assert data.splits["train"].targets["y"].tolist() == [2, 4]


def test_a_sheet_is_named_or_the_first_that_is_shown(folder):
    write(folder / "t.xlsx", sheets=("Notes", "2024"))
    settings = f"inputs: id, targets: ok, {ALL_TRAIN}"
    assert read(folder, f"{{excel: {{path: t.xlsx, sheet: 2024}}, {settings}}}", "x: {shape: [1]}").data
    result = read(folder, f"{{excel: {{path: t.xlsx, sheet: Nots}}, {settings}}}")
    assert result.only == "KS501 `t.xlsx` has no sheet `Nots` | did you mean `Notes`? | available sheets: Notes, 2024"
    assert result.pointed == "Nots"
    result = read(folder, f"{{excel: t.xlsx, {settings}}}")
    assert result.problems[0].startswith("KS545 `t.xlsx` has 2 sheets, and the first is read: `Notes`")
    assert result.problems[1].startswith("KS506 the sheet of `t.xlsx` has no rows")
    write(folder / "t.xlsx", sheets=("Notes", "Data"), hidden=("Notes",))
    assert read(folder, f"{{excel: t.xlsx, {settings}}}", "x: {shape: [1]}").problems == []


def test_new_data_is_read_from_the_same_sheet(folder):
    write(folder / "new.xlsx", sheets=("Notes", "Data"))
    setting = f"{{excel: {{path: t.xlsx, sheet: Data}}, inputs: id, targets: ok, {ALL_TRAIN}}}"
    fitted = read(folder, setting, "x: {shape: [1]}").data.fitted
    spec, report = make_spec(folder, setting, "x: {shape: [1]}"), Report()
    split = load_for_prediction(str(folder / "new.xlsx"), spec, input_specs(spec), ["y"], {}, fitted, report)
    assert split is not None
    assert split.inputs["x"].ravel().tolist() == list(range(1, 13))


def test_files_that_are_no_workbooks_are_errors(folder):
    whole = (folder / "t.xlsx").read_bytes()
    (folder / "text.xlsx").write_text("hello")
    (folder / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(folder / "zip.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    write(folder / "twice.xlsx", ["a", "a"])
    write(folder / "header.xlsx", rows=[])
    for name, problem in [
        ("text", "KS504 cannot read `text.xlsx`: it is no workbook"),
        ("cut", "KS504 cannot read `cut.xlsx`: it is no workbook"),
        ("zip", "KS504 cannot read `zip.xlsx`: it is no workbook"),
        ("twice", "KS504 `twice.xlsx` has several columns named `a`"),
        ("header", "KS506 the sheet of `header.xlsx` has no rows below its header"),
        ("missing", "KS501 file `missing.xlsx` not found"),
    ]:
        assert read(folder, f"{{excel: {name}.xlsx}}").only.startswith(problem)


def test_cells_are_counted_before_memory_is_taken(folder):
    sheet = "xl/worksheets/sheet1.xml"
    for cell in ("XFD1048576", "A99999999"):
        with zipfile.ZipFile(folder / "t.xlsx") as source, zipfile.ZipFile(folder / "far.xlsx", "w") as target:
            for member in source.namelist():
                text = source.read(member)
                row = f'</row><row r="1048576"><c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
                target.writestr(member, text.replace(b"</row></sheetData>", row) if member == sheet else text)
        assert read(folder, "{excel: far.xlsx}").only.startswith("KS530")


def test_a_small_file_of_much_text_is_not_unpacked(folder, monkeypatch):
    """Even if its directory says that it unpacks to little."""
    monkeypatch.setattr("kspec.data.limits.SMALL", 1 << 20)
    sheet = "xl/worksheets/sheet1.xml"
    with (
        zipfile.ZipFile(folder / "t.xlsx") as source,
        zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name) + bytes(9 << 20 if name == sheet else 0))
        size = target.getinfo(sheet).file_size
    whole = (folder / "bomb.xlsx").read_bytes()
    assert read(folder, "{excel: bomb.xlsx}").only.startswith("KS531 `bomb.xlsx` becomes")
    (folder / "bomb.xlsx").write_bytes(whole.replace(size.to_bytes(4, "little"), (5000).to_bytes(4, "little")))
    assert read(folder, "{excel: bomb.xlsx}").only.startswith("KS504 cannot read `bomb.xlsx`")


def test_the_package_that_is_missing_is_named(folder, monkeypatch):
    monkeypatch.setattr("kspec.language.source_packages.find_spec", lambda name: None)
    (problem,) = check_spec(
        make_spec(folder, "{excel: t.xlsx, inputs: [id, size], targets: ok}"), data=True
    ).diagnostics
    assert (problem.code, problem.help) == ("KS436", "install it: pip install 'kspec[excel]'")
    assert problem.span.source.line(3)[problem.span.column - 1 :].startswith(
        "t.xlsx" if problem.span.column > 15 else "excel"
    )


@pytest.mark.parametrize(
    "setting", ["{sheet: A}", "{path: t.xlsx, sheet: [1]}", "{path: t.xlsx, shet: A}", "{path: 3}", "3"]
)
def test_settings_that_name_no_sheet_are_errors(folder, setting):
    with pytest.raises(SpecError):
        make_spec(folder, f"{{excel: {setting}}}")
