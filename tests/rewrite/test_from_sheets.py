"""`kspec init` on workbooks."""

import openpyxl
import pytest

from kspec import api
from kspec.cli import main


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
    spec = api.load("spec.yaml")
    assert spec.values["data"]["excel"] == {"path": "book.xlsx", "sheet": "Sales 2024"}
    assert "# the largest; others: Notes, Codes" in spec.source.text
    assert not [each for each in api.check("spec.yaml", data=True) if each.is_error or each.code == "KS545"]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("open.ods", b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
    ],
)
def test_workbooks_of_other_kinds_are_named(name, start, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(start + b"\0" * 2000)
    assert main(["init", name]) == 1
    assert "save it as an Excel workbook (.xlsx)" in capsys.readouterr().err
