"""The command line: its output, its files and its exit status."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kspec.cli import main
from tests.conftest import SPECS
from tests.support.project import BINARY


def kspec_process(*arguments, **more):
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; from kspec.cli import main; sys.exit(main())", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


@pytest.fixture
def cli(capfd):
    def call(*arguments):
        status = main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return status, printed.out, printed.err

    return call


def test_run_prints_each_step_and_the_run_folder(project, cli):
    status, out, err = cli("run", project(BINARY))
    assert (status, err) == (0, "")
    steps = [line.split()[0] for line in out.splitlines() if line and not line.startswith(" ")]
    assert [step for step in dict.fromkeys(steps) if not step.startswith("runs")] == [
        "data", "define", "default", "compile", "fit", "evaluate", "baseline", "predict",
    ]  # fmt: skip
    assert "epoch 2/2" in out
    folder = Path(out.strip().splitlines()[-1])
    assert (folder / "model.keras").exists()


@pytest.mark.parametrize(("verbose", "lines"), [(0, 1), (1, 3), (2, 3)])
def test_verbose_sets_the_lines_of_fit(project, cli, verbose, lines):
    _, out, _ = cli("run", project(BINARY), "--smoke", "--set", f"fit.verbose={verbose}")
    shown = [
        line for line in out.splitlines() if line.startswith("fit") and "graph built" not in line
    ]  # a slow machine
    assert len(shown) == min(lines, 2)


def test_run_as_json(project, cli):
    status, out, err = cli("run", project(BINARY), "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert answer["status"] == "finished"
    assert answer["metrics"]["split"] == "test"
    assert "evaluate" in err


def test_evaluate_and_predict_from_a_run_alone(project, cli, tmp_path):
    cli("run", project(BINARY))
    saved = json.loads((tmp_path / "runs/small/latest/metrics.json").read_text())["evaluate"]
    status, out, _ = cli("evaluate", "runs/small/latest", "--format", "json")
    assert status == 0
    assert json.loads(out)["metrics"]["loss"] == pytest.approx(saved["loss"], rel=1e-6)
    (tmp_path / "spec.yaml").unlink()
    (tmp_path / "new.csv").write_text("a,b\n1.0,1.0\n-1.0,-1.0\n")
    status, out, _ = cli("predict", "runs/small", "--data", "new.csv", "--to", "answers.csv")
    assert status == 0
    with (tmp_path / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["1", "2"]
    assert set(rows[0]) == {"row", "kind_probability", "kind"}
    assert cli("predict", "small", "--data", "new.csv", "-o", "new/folder/answers.csv")[0] == 0
    assert (tmp_path / "new/folder/answers.csv").exists()


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_split_of_new_data_is_a_usage_error(cli, verb):
    status, _, err = cli(verb, "small", "--data", "new.csv", "--split", "test")
    assert status == 2
    assert "--split selects from the run's own data; omit it with --data" in err


@pytest.mark.parametrize(
    ("words", "file"),
    [(["plot", "-o"], "new/plot.svg"), (["render", "-o"], "new/spec.yaml"), (["schema", "--out"], "new/schema.json")],
)
def test_output_folders_are_created(project, cli, tmp_path, words, file):
    verb, option = words
    spec = [] if verb == "schema" else [project(BINARY)]
    assert cli(verb, *spec, option, file)[0] == 0
    assert (tmp_path / file).is_file()


@pytest.mark.parametrize("option", ["-o", "--output", "--out"])
def test_every_spelling_of_the_output_option_works(cli, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    assert cli("init", option, "new.yaml")[0] == 0
    assert (tmp_path / "new.yaml").is_file()


def test_help_lists_one_spelling_of_the_output_option(cli):
    _, out, _ = cli("init", "--help")
    assert "-o, --output FILE" in out


def test_a_smoke_run_whose_loss_is_not_finite_has_not_passed(project, cli):
    _, out, _ = cli("run", project(BINARY), "--smoke")
    assert out.endswith("smoke run passed; nothing saved\n")
    _, out, _ = cli("run", project(BINARY), "--smoke", "--set", "compile.optimizer={SGD: {learning_rate: 1.0e38}}")
    assert out.endswith("smoke run finished, but the loss is not finite; nothing saved\n")


def test_summary_as_json(cli):
    status, out, _ = cli("summary", SPECS / "tutorial" / "mlp.yaml", "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert (answer["parameters"], answer["trainable"]) == (551, 551)
    hidden = answer["nodes"][1]
    assert (hidden["name"], hidden["layer"], hidden["shape"]) == ("hidden1", "Dense", [None, 10])
    assert (hidden["dtype"], hidden["parameters"], hidden["from"]) == ("float32", 110, ["visible"])


def test_check_with_keras_reports_errors_of_keras(project, cli):
    text = "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Flatten\n  - LSTM: {units: 3}\n"
    for more in ([], ["--with-keras"]):
        status, out, err = cli("check", project(text), *more)
        assert status == 1
        assert "error[KS301]" in out + err
        assert "spec.yaml:5:5" in out + err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "KS012"),
        ("\0\1", "KS011"),
        ("a:\n\t- b", "KS001"),
        ("[" * 100_000, "KS006"),
        ("kspec: 1\nkspecs: 2", "KS101"),
    ],
)
def test_files_that_are_no_specs(project, cli, content, code):
    status, out, err = cli("run", project(content))
    assert status == 1
    assert f"error[{code}]" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("table.csv", "tabel.csv"), "KS501"),
        (("targets: kind", "targets: kinds"), "KS502"),
        (("inputs: [a, b]", "inputs: [a, city]"), "KS508"),
        (("shape: [2]", "shape: [3]"), "KS505"),
        (("csv: table.csv", "csv: ../table.csv"), "KS701"),
        (("csv: table.csv", "csv: 'https://a.example/t.csv'"), "KS702"),
        (("units: 1, activation: sigmoid", "units: 5, activation: sigmoid"), "KS407"),
    ],
)
def test_data_that_does_not_fit_the_spec(project, cli, change, code):
    status, out, err = cli("run", project(BINARY.replace(*change)))
    assert status == 1, out + err
    assert f"error[{code}]" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("row", "code"),
    [("1.0,2.0,,1,oslo,x,1", "KS503"), (",2.0,yes,1,oslo,x,1", "KS503"), ("nan,2.0,yes,1,oslo,x,1", "KS503")],
)
def test_missing_values_name_their_rows(project, cli, tmp_path, row, code):
    table = tmp_path / "table.csv"
    table.write_text(table.read_text() + row + "\n")
    status, _, err = cli("run", project(BINARY))
    assert status == 1
    assert f"error[{code}]" in err
    assert "81" in err


def test_a_table_without_rows(project, cli, tmp_path):
    (tmp_path / "table.csv").write_text("a,b,kind\n")
    status, _, err = cli("run", project(BINARY))
    assert status == 1
    assert "error[KS5" in err


def test_a_folder_that_cannot_be_created(project, cli, tmp_path):
    (tmp_path / "taken").write_text("")
    status, _, err = cli("run", project(BINARY), "--out", "taken/here")
    assert status == 3
    assert err.count("\n") == 1
    assert "`taken` is not a folder" in err


def test_a_run_that_does_not_exist(cli):
    status, _, err = cli("evaluate", "runs/nothing")
    assert status == 3
    assert err == "kspec: no run at runs/nothing; `kspec runs` lists all runs\n"


def test_evaluating_a_spec_says_to_run_it_first(project, cli):
    project(BINARY, "ok.yaml")
    assert cli("evaluate", "ok.yaml") == (3, "", "kspec: ok.yaml is a spec; run it first: kspec run ok.yaml\n")


def test_a_failing_training_prints_one_line(project, cli, tmp_path):
    """An index that the network computes is out of range: no check knows it."""
    lookup = "  - {op: multiply, call: {x2: 1000}}\n  - {op: cast, call: {dtype: int32}}\n  - Embedding: {input_dim: 2, output_dim: 3}\n  - Flatten\n"
    text = BINARY.replace("name: small", "name: bad").replace("  - Normalization\n", lookup)
    status, _, err = cli("run", project(text, "bad.yaml"))
    assert status == 3
    assert "fit failed" in err
    assert "Traceback" not in err
    assert not (tmp_path / "runs/bad/latest").exists()  # a failed run is not the latest to work with
    (folder,) = (tmp_path / "runs/bad").iterdir()
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "failed"
    assert "fit failed" in record["message"]


@pytest.mark.slow
def test_ctrl_c_saves_the_trained_model(project, tmp_path):
    def reset_ctrl_c():  # a background job ignores it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = kspec_process("run", project(BINARY), "--set", "fit.epochs=100000", cwd=tmp_path, preexec_fn=reset_ctrl_c)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        history = next((tmp_path / "runs/small").glob("*/history.csv"), None)
        if history is not None and history.read_text().count("\n") > 3:
            break
        time.sleep(0.1)
    else:
        process.kill()
        pytest.fail("no epoch ends within 90 s")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "runs/small/" in err
    folder = tmp_path / "runs/small/latest"
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "interrupted"
    assert record["epochs"] == history.read_text().count("\n") - 1
    assert (folder / "model.keras").exists()
    assert main(["predict", str(folder), "--data", str(tmp_path / "table.csv"), "--to", str(tmp_path / "p.csv")]) == 0


@pytest.mark.slow
def test_a_full_disk_prints_one_line(project, tmp_path):
    import resource

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = kspec_process(
        "run", project(BINARY), cwd=tmp_path, preexec_fn=small_files, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    )
    _, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert "cannot be written" in err
    assert "Traceback" not in err
    (folder,) = (tmp_path / "runs/small").iterdir()  # a failed run is not `latest`
    assert not (folder / "model.keras").exists()
    assert (folder / "history.csv").exists()


@pytest.mark.slow
def test_two_processes_at_once_give_the_same_bits(project, tmp_path):
    import keras

    spec = project(BINARY.replace("  - Dense: {units: 4", "  - Dropout: {rate: 0.2}\n  - Dense: {units: 4"))
    processes = [kspec_process("run", spec, cwd=tmp_path) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=240)
        assert process.returncode == 0
    first, second = sorted(path for path in (tmp_path / "runs/small").iterdir() if path.name != "latest")
    assert (tmp_path / "runs/small/latest").resolve() in (first, second)
    a, b = (keras.models.load_model(path / "model.keras").get_weights() for path in (first, second))
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert (first / "predictions.csv").read_bytes() == (second / "predictions.csv").read_bytes()
    assert (first / "history.csv").read_bytes() == (second / "history.csv").read_bytes()


def test_check_imports_no_heavy_package():
    code = (
        "import sys; from kspec.cli import main\n"
        f"status = main(['check', {str(SPECS / 'mlp.yaml')!r}])\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'pandas', 'pyarrow', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "print(status, sorted(heavy))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "0 []"
