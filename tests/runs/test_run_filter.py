"""`kspec runs --where`: the facts of runs, and conditions over them. No TensorFlow."""

import pytest

from kspec.runs.run_facts import RunFacts
from kspec.runs.run_filter import ConditionError, matching_runs
from kspec.runs.run_index import past_runs
from tests.runs.test_run_index import make

SPEC = """\
name: mlp
layers:
  - Normalization
  - Dense: {units: %d}
    name: my-layer
compile: {optimizer: {Adam: {learning_rate: 0.01}}}
fit: {epochs: 4, stages: [{name: warm, epochs: 2}], callbacks: [{EarlyStopping: {patience: 3}}]}
"""


@pytest.fixture
def facts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, width in enumerate((8, 16, 32)):
        folder = make("runs", "mlp", f"2026010{number + 1}-120000-1", {"loss": 0.3 - number / 10, "accuracy": 0.8 + number / 10},
                      vars={"width": width, "kind": "wide", "sizes": [width, 1]}, parameters=100 * width)  # fmt: skip
        (folder / "resolved.yaml").write_text(SPEC % width)
    (folder / "tags.json").write_text('{"tags": ["good"], "note": "the last"}')
    make("runs", "cnn", "20260104-120000-1", {"loss": 0.5}, vars={"width": "narrow"}, status="failed", seconds=None)
    make("runs", "nan", "20260105-120000-1", {"loss": float("nan"), "auc": float("nan")})
    with RunFacts(past_runs("runs"), "runs") as facts:
        yield facts


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("metrics.accuracy > 0.85 and vars.width == 16", [2]),
        ("metrics.accuracy > 0.85 or status == 'failed'", [4, 3, 2]),
        ("not metrics.accuracy > 0.85", [5, 4, 1]),  # a comparison with null does not hold
        ("metrics.accuracy == null", [5, 4]),
        ("metrics.accuracy != null and metrics.accuracy - 0.5 >= 0.4", [3, 2]),
        ("metrics.accuracy - metrics.auc > 0", []),
        ("metrics.auc == null and seconds != null", [5, 3, 2, 1]),
        ("vars.width in [8, 32]", [3, 1]),
        ("vars.width > 8", [3, 2]),  # that of one run is text
        ("vars.kind != 'wide'", [5, 4]),
        ("32 in vars.sizes", [3]),
        ("vars.sizes[0] == 16", [2]),
        ("'good' in tags", [3]),
        ("tags == []", [5, 4, 2, 1]),
        ("'last' in note", [3]),
        ("'2026-01-02' <= started < '2026-01-04T00:00'", [3, 2]),
        ('spec["layers.my-layer.units"] >= 16', [3, 2]),
        ("spec.compile.optimizer.Adam.learning_rate == 0.01 and vars.width < 10", [1]),
        ("spec.compile.optimizer.learning_rate == 0.01", [3, 2, 1]),
        ("spec.fit.stages.warm.epochs == 2", [3, 2, 1]),
        ("spec.fit.callbacks.EarlyStopping.patience == 3", [3, 2, 1]),
        ("name in ('cnn', 'nan')", [5, 4]),
        ("'c' in name", [4]),
        ("max(metrics.accuracy, 0.9) > 0.95", [3]),
        ("1 / (vars.width - 16) > 0", [3]),  # a division by zero is a matter of one run
        ("parameters / 100 == vars.width and vars.width != null", [3, 2, 1]),
        ("run == 'runs/cnn/20260104-120000-1'", [4]),
    ],
)
def test_conditions(facts, where, days):
    assert [int(run.path.name[6:8]) for run in matching_runs(where, facts)] == days


@pytest.mark.parametrize(
    ("where", "message", "marked"),
    [
        ("metrics.acuracy > 1", "unknown fact `metrics.acuracy`; did you mean `metrics.accuracy`?", "metrics.acuracy"),
        ("epochs > 1 and accuracy > 1", "did you mean `metrics.accuracy`?", "accuracy"),
        ("vars.batch > 1", "unknown fact `vars.batch`; available: vars.width", "vars.batch"),
        ("spec.fit.epoch > 1", "did you mean `spec.fit.epochs`?", "spec.fit.epoch"),
        ("metrics > 1", "write `metrics.loss`", "metrics"),
        ("é == 1 or loss2 == 1", "unknown fact `é`", "é"),
        ("status == finished", "unknown fact `finished`", "finished"),
        ("status == 'finishd'", "did you mean `finished`?", "'finishd'"),
        ("metrics.accuracy > '0.9'", "cannot compare a number with text", "metrics.accuracy > '0.9'"),
        ("name == 'ä' or epochs == 'x'", "cannot compare a number with text", "epochs == 'x'"),
        ("tags == 'good'", "cannot compare a list with text", "tags == 'good'"),
        ("name == 'mlp' or 'cnn'", "is text, not a condition", "'cnn'"),
        ("epochs", "is a number, not a condition", "epochs"),
        ("not epochs", "is a number, not a condition", "epochs"),
        ("started > 'soon'", "`started` is compared with a date", "'soon'"),
        ("epochs = 1", "cannot be parsed", "="),
        ("epochs in [1,", "cannot be parsed", None),
        ("", "empty", None),
        ("name + 'x' == 'y'", "arithmetic needs numbers, not text", None),
        ("__import__('os')", "can be called", "__import__('os')"),
        ("name.__class__ == 1", "unknown fact `name.__class__`", "name.__class__"),
        ("[name for name in tags]", "unsupported syntax", "[name for name in tags]"),
        ("epochs is null", "unsupported comparison", "epochs is null"),
        ("epochs > 9 ** 9 ** 9", "too large", None),
        ("(" * 300 + "epochs > 1" + ")" * 300, "cannot be parsed", None),
        ("epochs > 1" + " or epochs > 1" * 150, "more than", None),
    ],
)  # fmt: skip
def test_errors_name_the_place(facts, where, message, marked):
    with pytest.raises(ConditionError) as caught:
        matching_runs(where, facts)
    error = caught.value
    assert message in f"{error}; {error.help}"
    if marked is not None:
        assert where[error.start : error.end] == marked


def test_a_sweep_is_its_best_point(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, width in (("done", 16), ("begun", None), ("linked", 16)):
        sweep = make("runs", name, "20260101-120000-1", {"loss": 0.1}, vars={"width": 8}, sweep={"trials": 2})
        if width is not None:
            best = make(sweep, "best", ".", started="2026-01-01T12:00:00+0000", vars={"width": width}, parameters=7)
            (best / "resolved.yaml").write_text(SPEC % width)
        if name == "linked":
            best.rename(tmp_path / "elsewhere")
            best.symlink_to(tmp_path / "elsewhere")
    with RunFacts(past_runs("runs"), "runs") as facts:
        (run,) = matching_runs('vars.width == 16 and spec["layers.my-layer.units"] == 16 and parameters == 7', facts)
        assert run.name == "done"
        assert len(matching_runs("vars.width == null", facts)) == 2


def test_without_runs_no_fact_is_unknown(tmp_path):
    assert matching_runs("metrics.accuracy > 1", RunFacts([], tmp_path)) == []


def test_a_spec_that_leads_out_of_its_run_is_not_read(facts, tmp_path):
    (tmp_path / "secret.yaml").write_text("name: secret\n")
    place = tmp_path / "runs/mlp/20260101-120000-1/resolved.yaml"
    place.unlink()
    place.symlink_to(tmp_path / "secret.yaml")
    (tmp_path / "runs/mlp/20260102-120000-1/resolved.yaml").write_text("name: [")
    assert [run.path.name for run in matching_runs("spec.name != null", facts)] == ["20260103-120000-1"]
