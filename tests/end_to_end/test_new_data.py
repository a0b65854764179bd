"""`predict` and `evaluate` on new data: rows left out, unknown categories, values that a layer cannot take."""

import csv
import json

import pytest

from tests.support.verb_cases import call

SPEC = """\
kspec: 1
name: planets
data: {csv: table.csv, inputs: {planet: planet, level: level, n: n}, targets: y}
inputs:
  planet: {shape: [1], dtype: string}
  level: {shape: [1], dtype: int32}
  n: {shape: [1]}
layers:
  - StringLookup: {output_mode: one_hot}
    name: planets
    from: planet
  - Embedding: {input_dim: 4, output_dim: 2}
    from: level
  - Flatten:
    name: levels
  - Concatenate:
    from: [planets, levels, n]
  - Dense: {units: 3, activation: softmax}
    name: y
fit: {epochs: 1, batch_size: 16}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("planets")
    rows = ["planet,level,n,y", *(f"{('Earth', 'Venus')[k % 2]},{k % 4},{k / 10},{'abc'[k % 3]}" for k in range(40))]
    (folder / "table.csv").write_text("\n".join(rows))
    (folder / "spec.yaml").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        status, text = call(["run", "spec.yaml", "-q"])
    assert status == 0, text
    return folder


@pytest.fixture
def project(trained, monkeypatch):
    monkeypatch.chdir(trained)
    return trained


def write(folder, *rows):
    (folder / "new.csv").write_text("\n".join(["planet,level,n,y,comment", *rows]))


USUAL = "`n` has 1 missing value, and training had none: row 2 takes the median of training, 1.8"


def test_a_gap_takes_what_is_usual_in_training(project):
    write(project, "Earth,0,0.1,a,x", "Mars,1,,b,x", "Mars,2,0.2,c,x")
    status, text = call(["predict", "planets", "--data", "new.csv"])
    assert (status, text.splitlines()) == (0, [
        "3 examples of new.csv → new.predictions.csv",
        "2 rows hold a `planet` not seen in training: Mars",
        "not used: comment",
        USUAL,
    ])  # fmt: skip
    with open("new.predictions.csv", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[0] for line in lines] == ["row", "1", "2", "3"]
    (project / "complete.csv").write_text((project / "new.csv").read_text().replace("Mars,1,,", "Mars,1,1.8,"))
    status, text = call(["predict", "planets", "--data", "complete.csv", "-o", "-"])
    table = list(csv.reader(text.splitlines()[:4]))
    assert [row[1:] for row in table] == [line[1:] for line in lines]


def test_evaluate_counts_what_it_leaves_out(project):
    write(project, "Earth,0,0.1,a,x", "Venus,1,,b,x", "Mars,2,0.2,,x", "Venus,3,0.4,c,x")
    status, text = call(["evaluate", "planets", "--data", "new.csv", "--format", "json"])
    found = json.loads(text)
    assert (status, found["examples"]) == (0, 3)
    assert found["notes"] == ["left out row 3 (no value in `y`)", "not used: comment", USUAL]
    (project / "rest.csv").write_text("planet,level,n,y\nEarth,0,0.1,a\nVenus,1,1.8,b\nVenus,3,0.4,c\n")
    status, text = call(["evaluate", "planets", "--data", "rest.csv", "--format", "json"])
    assert json.loads(text)["metrics"]["loss"] == pytest.approx(found["metrics"]["loss"], abs=1e-6)


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_a_row_with_a_value_that_a_layer_cannot_take_is_left_out(project, verb):
    write(project, "Earth,0,0.1,a,x", "Venus,4,0.1,b,x", "Mars,9,0.1,b,x", "Venus,-1,0.1,b,x", "Venus,1,much,b,x",
          "Mars,2,0.3,c,x")  # fmt: skip
    status, text = call([verb, "planets", "--data", "new.csv"])
    notes = [
        'left out row 5 (`n` has text: "much"), rows 2, 3 (`embedding` has 4 rows, for indices up to 3, but `level` is '
        "9), row 4 (`embedding` needs indices from 0, but `level` is -1)",
        "1 row holds a `planet` not seen in training: Mars",
        "not used: comment",
    ]
    assert (status, text.splitlines()[-3:]) == (0, notes)
    if verb == "predict":
        with open("new.predictions.csv", newline="") as file:
            assert [row["row"] for row in csv.DictReader(file) if row["y"]] == ["1", "6"]


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_data_of_which_no_row_is_left_is_an_error(project, verb):
    write(project, "Venus,4,0.1,b,x", "Venus,-1,0.1,b,x")
    status, text = call([verb, "planets", "--data", "new.csv"])
    assert status == 1
    assert "error[KS423]: `embedding` has 4 rows, for indices up to 3, but `level` goes up to 4 in row 1" in text
    assert "error[KS423]: `embedding` needs indices from 0, but `level` goes down to -1 in row 2" in text
    assert "= help: correct the data" in text


def test_the_line_says_that_a_file_was_overwritten(project):
    write(project, "Earth,0,0.1,a,x")
    assert "overwritten" not in call(["predict", "planets", "--data", "new.csv", "-o", "out/first.csv"])[1]
    _, text = call(["predict", "planets", "--data", "new.csv", "--to", "out/first.csv"])
    assert text.splitlines()[0] == "1 example of new.csv → out/first.csv (overwritten)"


@pytest.mark.parametrize("name", [".", "", "table.csv/x"])
def test_a_name_that_is_no_file_is_refused(project, name):
    status, text = call(["predict", "planets", "-o", name])
    assert status in (2, 3)
    assert "Traceback" not in text


def test_the_name_of_a_keras_file_gets_its_suffix(project):
    status, text = call(["export", "planets", "--to", "keras", "-o", "model"])
    assert status == 0, text
    assert text.startswith("model.keras (")
    assert call(["export", "planets", "--to", "keras", "-o", "model.zip"])[0] == 2


@pytest.mark.parametrize("verb", ["predict", "evaluate", "summary", "render", "plot", "diff", "export"])
def test_a_missing_run_is_reported_alike(project, verb):
    more = {"diff": ["planets"], "export": ["--to", "json"]}.get(verb, [])
    status, text = call([verb, "nothing", *more])
    assert status == 3
    assert text.endswith(" at nothing; there are runs of `planets`; `kspec runs` lists all runs\n")


def test_other_verbs_take_a_run(project):
    assert "embedding" in call(["summary", "planets"])[1]
    assert "input_dim: 4" in call(["render", "planets"])[1]
    assert call(["plot", "planets", "-o", "out/p.dot"])[0] == 0
    assert call(["diff", "planets", "spec.yaml"]) == (0, "no differences\n")


def test_run_prints_a_warning_once_though_an_error_follows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ["a,l,m,n,y", *(f"{k},{k % 2},{k % 3 % 2},{k % 5 % 2},0" for k in range(20))]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    (tmp_path / "new.csv").write_text("a,l,m,n\n1,0,7,1\n")
    (tmp_path / "spec.yaml").write_text(
        "kspec: 1\ndata: {csv: t.csv, inputs: a, targets: [l, m, n]}\ninputs: {x: {shape: [1]}}\n"
        "layers:\n  - Dense: {units: 3, activation: sigmoid}\n    name: y\n"
        "compile: {metrics: [accuracy]}\nfit: {epochs: 1}\nevaluate: {data: new.csv}\n"
    )
    status, text = call(["run", "spec.yaml"])
    assert (status, text.count("warning[KS430]"), text.count("error[KS517]")) == (1, 1, 1)
