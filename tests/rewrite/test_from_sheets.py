"""`kspec init` on workbooks."""

import openpyxl
import pytest

import kspec
from kspec.cli import main
from tests.support.workbooks import write_ods, write_xls


def test_the_largest_sheet_holds_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["made by hand"])
    sheet = book.create_sheet("Sales 2024")
    sheet.append(["rooms", "price"])
    for row in range(30):
        sheet.append([row % 5 + 1, 100.5 * row])
    hidden = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    for row in range(90):
        hidden.append([row, row, row])
    book.create_sheet("Codes").append(["a", "b"])
    book.save("book.xlsx")
    assert main(["init", "book.xlsx", "-o", "spec.yaml"]) == 0
    spec = kspec.load("spec.yaml")
    assert spec.values["data"]["excel"] == {"path": "book.xlsx", "sheet": "Sales 2024"}
    assert "# the largest; others: Notes, Codes" in spec.source.text
    assert not [each for each in kspec.check("spec.yaml", data=True) if each.is_error or each.code == "KS545"]


ROWS = [["age", "kind"], *([float(row * row % 31), "pq"[row % 2]] for row in range(40))]


@pytest.mark.parametrize(("name", "write"), [("old.xls", write_xls), ("open.ods", write_ods)])
def test_workbooks_of_other_kinds(name, write, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / name, ROWS)
    assert main(["init", name, "-o", "spec.yaml"]) == 0
    spec = kspec.load("spec.yaml")
    assert spec.values["data"]["excel"] == name
    assert ": 40 rows, 2 columns" in spec.source.text
    assert kspec.check(spec, data=True) == []
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:700] + bytes(2000))
    assert main(["init", name, "-o", "-"]) == 1
    assert f"cannot read `{name}`: it is no workbook" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["old.xls", "open.ods"])
def test_a_cell_far_away_takes_no_memory(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if name == "old.xls":
        write_xls(tmp_path / name, ROWS, last=60_000)
    else:
        cells = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16000"/>'
        write_ods(
            tmp_path / name, ROWS, f'<table:table-row table:number-rows-repeated="9000">{cells}</table:table-row>'
        )
    spec = "kspec: 1\ninputs: {x: {shape: [1]}}\nlayers: [Flatten]\ndata: {excel: NAME, limits: {gigabytes: 0.1}}\n"
    (tmp_path / "spec.yaml").write_text(spec.replace("NAME", name))
    assert "KS530" in [each.code for each in kspec.check("spec.yaml", data=True)]


def test_empty_cells_below_a_sheet_are_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    more = f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    write_ods(tmp_path / "t.ods", ROWS, more)
    assert main(["init", "t.ods", "-o", "spec.yaml"]) == 0
    assert kspec.check("spec.yaml", data=True) == []
