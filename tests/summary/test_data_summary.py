"""`kspec data`: the summary of a spec's data, as text, JSON and a page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kspec.cli import main
from kspec.summary.data_summary import bars
from tests.cli.run_cli import run_cli

ROWS = [f"{row % 7 + 0.5},{row * 3 % 11},{'<b>' if row % 3 else 'no & yes'}" for row in range(60)]
SPEC = """\
kspec: 1
name: table
data: {csv: table.csv, inputs: [width, height], targets: kind, split: {order: true}}
inputs: {x: {shape: [2]}}
layers: [{Dense: {units: 1, activation: sigmoid}, name: y}]
"""


@pytest.fixture
def spec(project, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("table.csv").write_text("\n".join(["width,height,kind", *ROWS]))
    return str(project(SPEC))


def test_text(spec, capsys):
    text = run_cli(["data", spec, "--examples", "1"], capsys)
    assert text.startswith("table: 60 rows: 36 train, 12 validation, 12 test")
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert lines["width"][1:5] == ["float", "input", "x", "-"]
    assert lines["width"][6:11] == ["0.5", "0.5", "3.5", "6.5", "6.5"]
    assert "<b> 40, no & yes 20" in text
    assert "<b>       24 (67%)     8 (67%)  8 (67%)" in text
    assert "example of row 1\n  input x (2,): 0.5, 0\n  target y class 1 (no & yes)\n" in text


def test_json_has_every_number(spec, capsys):
    value = json.loads(run_cli(["data", spec, "--format", "json"], capsys))
    width = value["columns"][0]
    assert (width["minimum"], width["maximum"], sum(width["histogram"])) == (0.5, 6.5, 60)
    assert value["classes"]["y"]["train"] == {"<b>": 24, "no & yes": 12}
    assert [example["row"] for example in value["examples"]] == [1, 2, 3]


def test_the_page_stands_alone_and_shows_texts_as_they_are(spec, capsys):
    assert run_cli(["data", spec, "--html", "data.html"], capsys) == "wrote data.html\n"
    page = Path("data.html").read_text()
    assert "no &amp; yes" in page
    assert "&lt;b&gt;" in page
    assert not any(word in page for word in ("http", "<script", "<link", "src="))
    words = []
    parser = HTMLParser()
    parser.handle_data = words.append
    parser.feed(page)
    assert {"width", "height", "24 (67%)", "Row 1"} <= {word.strip() for word in words}


def test_doubts_are_those_of_check(project, capsys):
    rows = [f"{row * 7 % 13},{int('<b>' in text)},{text.split(',')[-1]}" for row, text in enumerate(ROWS)]
    Path("table.csv").write_text("\n".join(["width,height,kind", *rows]))
    spec = str(project(SPEC))
    assert main(["data", spec]) == 0
    told = capsys.readouterr().err
    assert "KS535" in told
    main(["check", "--data", spec])
    assert told.splitlines()[0] in capsys.readouterr().out
    run_cli(["data", spec, "--html", "data.html"], capsys)
    assert "<b>KS535</b>" in Path("data.html").read_text()


def test_a_table_without_a_spec(spec, capsys):
    text = run_cli(["data", "table.csv"], capsys)
    assert text.startswith("table.csv: 60 rows, 3 columns\n")
    assert "▁" in text or "█" in text


def test_faulty_data_is_reported(spec, capsys):
    Path("table.csv").write_text("width,height,kind\n1,,a\n")
    assert "KS503" in run_cli(["data", spec], capsys, status=1)


def test_a_spec_without_data(project, capsys):
    spec = project("kspec: 1\ninputs: {x: {shape: [2]}}\nlayers: [{Dense: {units: 1}}]\n")
    assert "has no `data` section" in run_cli(["data", str(spec)], capsys, status=2)


@pytest.mark.parametrize(("counts", "text"), [([0, 0], "  "), ([1, 1000], "▁█"), ([8, 4, 0], "█▄ ")])
def test_bars(counts, text):
    assert bars(counts) == text
