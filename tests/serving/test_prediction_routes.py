"""Rows over HTTP get what `kspec predict` gives, each with its own errors."""

import csv
import io
import json

import pytest

from kspec.cli import main
from tests.serving.conftest import ask, predictions

PATH = "/v1/models/small:predict"
ROWS = [
    {"a": 0.5, "b": -1.25, "city": "oslo"},
    {"a": -2.0, "b": 0.125, "city": "rome"},
    {"a": 1, "b": 3, "city": "lima"},
    {"a": 0.1, "b": None, "city": "paris"},
]


@pytest.fixture(scope="module")
def expected(folder):
    """What `kspec predict` writes for the rows, by its columns."""
    (folder / "new.csv").write_text("a,b,city\n" + "".join(f"{r['a']},{r['b'] or ''},{r['city']}\n" for r in ROWS))
    assert main(["predict", "small", "--data", "new.csv", "-o", "expected.csv"]) == 0
    return list(csv.DictReader((folder / "expected.csv").open()))


def test_rows_get_what_predict_gives(server, expected):
    status, found = predictions(server, ROWS)
    assert status == 200
    for entry, line in zip(found, expected, strict=True):
        output = entry["outputs"]["kind"]
        assert output["prediction"] == line["kind"]
        assert output["probabilities"]["yes"] == pytest.approx(float(line["kind_probability"]), abs=1e-6)
        assert sum(output["probabilities"].values()) == pytest.approx(1)


def test_each_form_gives_the_same(server):
    plain = predictions(server, ROWS)[1]
    assert predictions(server, [[0.5, -1.25, "oslo"], *[list(row.values()) for row in ROWS[1:]]])[1] == plain
    assert json.loads(ask(server, PATH, ROWS)[2])["predictions"] == plain
    assert json.loads(ask(server, PATH, ROWS[0])[2])["predictions"][0]["outputs"].keys() == {"kind"}
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    by_column = json.loads(ask(server, PATH, {"inputs": columns})[2])["outputs"]["kind"]
    assert by_column["prediction"] == [entry["outputs"]["kind"]["prediction"] for entry in plain]
    lines = "\n".join(map(json.dumps, ROWS))
    streamed = ask(server, PATH, lines, "application/x-ndjson")[2].splitlines()
    assert [json.loads(line)["outputs"] for line in streamed] == [entry["outputs"] for entry in plain]


def test_a_table_gets_the_table_of_predict(server, folder, expected):
    status, headers, text = ask(server, PATH, (folder / "new.csv").read_bytes(), "text/csv")
    assert status == 200
    assert headers["content-type"].startswith("text/csv")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [line["kind"] for line in found] == [line["kind"] for line in expected]
    for line, other in zip(found, expected, strict=True):
        assert float(line["kind_probability"]) == pytest.approx(float(other["kind_probability"]), abs=1e-6)


def test_a_bad_row_has_its_own_error_and_the_others_are_answered(server):
    bad = [{"a": "tall", "b": 1, "city": "oslo"}, {"b": 1, "city": "oslo"}, {"a": {}, "b": 1, "city": "x"}, ROWS[0]]
    status, found = predictions(server, bad)
    assert status == 200
    assert [entry.get("error", {}).get("code") for entry in found] == ["KS508", "KS502", "KS508", None]
    assert found[0]["error"]["column"] == "a"
    assert found[3]["outputs"] == predictions(server, [ROWS[0]])[1][0]["outputs"]
    assert predictions(server, bad[:2])[0] == 422


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_an_infinite_number_is_an_error_of_its_row(server, number):
    status, _, text = ask(server, PATH, f'{{"instances": [{{"a": {number}, "b": 1, "city": "oslo"}}]}}')
    assert status == 422
    assert json.loads(text)["predictions"][0]["error"]["code"] == "KS511"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{", "JSON"),
        ('{"instances": [{"a": NaN}]}', "JSON"),
        ("[" * 100_000, "JSON"),
        ("{}" * 2, "JSON"),
        ("[]", "no rows"),
        ("3", "no rows"),
        ('{"inputs": {"a": [1], "b": [1, 2]}}', "length"),
        ("[3, 4]", "no object"),
    ],
)
def test_a_body_without_rows_is_refused(server, body, word):
    status, _, text = ask(server, PATH, body)
    assert status == 400
    assert word in json.loads(text)["error"]


def test_an_unknown_model_is_told_those_that_there_are(server):
    status, _, text = ask(server, "/v1/models/smal:predict", {"instances": ROWS})
    assert status == 404
    assert "small" in json.loads(text)["help"]


def test_what_is_measured(server):
    predictions(server, ROWS)
    text = ask(server, "/metrics")[2]
    assert 'kspec_requests_total{model="small",status="200"}' in text
    assert 'kspec_batch_rows_bucket{le="4.0",model="small"}' in text


def test_what_is_unusual_in_a_row_is_a_warning(server):
    found = predictions(server, [{"a": 1e6, "b": 0, "city": "paris"}, ROWS[0]])[1]
    assert [(each["code"], each["column"]) for each in found[0]["warnings"]] == [("KS653", "a"), ("KS654", "city")]
    assert "warnings" not in found[1]


def test_a_form_has_a_row_for_each_part_of_a_name(server):
    parts = [("a", "0.5"), ("b", "-1.25"), ("city", "oslo"), ("a", "-2"), ("b", "0.125"), ("city", "rome")]
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts)
    status, _, text = ask(server, PATH, f"{body}--x--\r\n", "multipart/form-data; boundary=x")
    assert status == 200
    assert json.loads(text)["predictions"] == predictions(server, ROWS[:2])[1]
    assert ask(server, PATH, body, "multipart/form-data")[0] == 400
    assert ask(server, PATH, f'{body}--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
               "multipart/form-data; boundary=x")[0] == 400  # fmt: skip


def test_a_large_request_is_answered_in_pieces(server):
    rows = [ROWS[number % 3] for number in range(10_000)]
    rows[5000] = {**ROWS[0], "a": "tall"}
    found = predictions(server, rows)[1]
    few = predictions(server, ROWS[:3])[1]
    assert [entry["row"] for entry in found] == list(range(len(rows)))
    assert found[5000]["error"]["code"] == "KS508"
    for at in (0, 4095, 4096, 9999):
        probabilities = found[at]["outputs"]["kind"]["probabilities"]
        assert probabilities == pytest.approx(few[at % 3]["outputs"]["kind"]["probabilities"], abs=1e-6)


def test_a_run_is_named_by_its_version(server, model):
    versioned = f"/v1/models/small/versions/{model.version}:predict"
    assert predictions(server, ROWS, versioned) == predictions(server, ROWS)
    assert ask(server, "/v1/models/small/versions/1:predict", ROWS)[0] == 404


def test_a_bad_line_of_a_stream_has_its_own_error(server):
    lines = [json.dumps(ROWS[0])] * 70 + ["[1]", "{", json.dumps(ROWS[1])]
    found = [json.loads(line) for line in ask(server, PATH, "\n".join(lines), "application/x-ndjson")[2].splitlines()]
    assert [entry["row"] for entry in found] == list(range(73))
    assert [at for at, entry in enumerate(found) if "error" in entry] == [70, 71]
    assert found[72]["outputs"] == predictions(server, [ROWS[1]])[1][0]["outputs"]
