"""`kspec render`: the same model, the text of the user, and the origin of each value."""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.cli import main
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source, explain
from kspec.language import load_source
from kspec.rewrite.fmt import format_text
from kspec.rewrite.init import TEMPLATES
from kspec.rewrite.render import render
from kspec.summary.resolved_spec import resolved_values
from kspec.syntax import parse
from tests.conftest import SPECS
from tests.diagnostics.page_blocks import Block, of_kind
from tests.support.round_trips import meaning

SHIPPED = sorted([*SPECS.glob("*.yaml"), *SPECS.glob("tutorial/*.yaml"), *TEMPLATES.glob("*.yaml")])


def rendered(text: str, *overrides: str, name: str = "spec.yaml") -> str:
    spec, analysis = analysed(text, *overrides, name=name)
    return render(spec, analysis)


def analysed(text: str, *overrides: str, name: str = "spec.yaml"):
    report = Report()
    spec = load_source(Source(name, text), report, overrides)
    assert spec is not None, list(report)
    analysis = analyse(spec, report)
    report.raise_errors()
    return spec, analysis


def assert_same(text: str, *overrides: str, name: str = "spec.yaml") -> str:
    result = rendered(text, *overrides, name=name)
    assert meaning(*analysed(result, name=name)) == meaning(*analysed(text, *overrides, name=name))
    assert rendered(result, name=name) == result, "a rendered spec is complete"
    return result


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_specs_keep_their_meaning(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = assert_same(text, name=str(path))
    kept = [line for line in text.splitlines() if line.strip().startswith("#")]
    assert [line for line in result.splitlines() if line.strip().startswith("#")] == kept
    assert all(line.partition("  #")[2] in result for line in text.splitlines() if not line.startswith("vars:"))


@pytest.mark.parametrize(("code", "block"), of_kind("right"), ids=lambda value: value if isinstance(value, str) else "")
def test_examples_of_the_pages_keep_their_meaning(
    code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    block.write_tables()
    if explain.title(code) and not block.overrides:
        assert_same(block.text)


HEAD = "kspec: 1\nname: s\nseed: 1\ntask: regression\ninputs:\n  x: {shape: [4], dtype: float32}\n"
REST = (
    "outputs: out\ncompile: {optimizer: adam, loss: mse, metrics: [mae]}\n"
    "fit: {epochs: 1, batch_size: 2, shuffle: true, verbose: 1, validation_freq: 1, keep: last, engine: auto}\npredict: {to: p.csv}\n"
)
LAYERS = "layers:\n  - Dense: {units: 3}\n  - Dense: {units: 1}\n    name: out\n"
WHOLE = HEAD + LAYERS + REST


def test_a_complete_spec_is_unchanged() -> None:
    assert rendered(WHOLE) == WHOLE
    odd = "# top\n" + WHOLE.replace("seed: 1\n", "seed:   1   # why\n\n\n# between\n").replace("\n", "\r\n") + "# end"
    assert rendered(odd) == odd


def test_comments_give_the_origin_of_each_value() -> None:
    text = "kspec: 1\nvars: {w: 3}\n\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: $w}  # wide\n  - Dense: {units: 1}\n"
    assert (
        assert_same(text, "layers.dense_1.use_bias=false")
        == """\
kspec: 1
name: spec  # default, the file's name
task: regression  # default, one linear unit
seed: 0  # default

inputs: {x: {shape: [4], dtype: float32}}  # dtype: Keras's default
layers:
  - Dense: {units: 3}  # wide; units: $w
  - Dense: {units: 1, use_bias: false}  # use_bias: --set

compile:
  optimizer: adam  # kspec's default
  loss: mean_squared_error  # default, one linear unit
  metrics: [mean_absolute_error]  # default, regression

fit:
  epochs: 1  # Keras's default
  batch_size: 32  # Keras's default
  shuffle: true  # Keras's default
  verbose: 1  # Keras's default
  validation_freq: 1  # Keras's default
  keep: last  # default
  engine: auto  # default

predict:
  to: predictions.csv  # default
"""
    )


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("seed=3", "seed: 3  # --set"),
        ("layers.out.units=2", "  - Dense: {units: 2}  # units: --set"),
        ("layers.out.use_bias=false", "  - Dense: {units: 1, use_bias: false}  # use_bias: --set"),
        ("layers.out.trainable=false", "    trainable: false  # --set"),
        ("compile.optimizer.learning_rate=0.1", "compile: {optimizer: {Adam: {learning_rate: 0.1}}, loss: mse, metrics: [mae]}"),
        ("compile.optimizer={SGD: {}}", "compile: {optimizer: {SGD: {}}, loss: mse, metrics: [mae]}  # optimizer: --set"),
        ("compile.metrics+=mse", "compile: {optimizer: adam, loss: mse, metrics: [mae, mse]}  # metrics: --set"),
        ("compile.metrics=[mse]", "compile: {optimizer: adam, loss: mse, metrics: [mse]}  # metrics: --set"),
        ("fit.callbacks+=TerminateOnNaN", "engine: auto, callbacks: [TerminateOnNaN]}  # callbacks: --set"),
        ("description='a: b'", 'description: "a: b"  # --set'),
        ('description="1e-3"', 'description: "1e-3"  # --set'),
        ("description=on", "description: on  # --set"),
        ("description='$${x}'", 'description: "$${x}"  # --set'),
        ("description='cost ${1 + 1}'", "description: cost 2  # --set"),
        ("dtype_policy=float32", "dtype_policy: float32  # --set"),
    ],
)  # fmt: skip
def test_overrides_are_written_in_place(override: str, line: str) -> None:
    text = WHOLE.replace("optimizer: adam", "optimizer: {Adam: {}}") if "learning_rate" in override else WHOLE
    assert line in assert_same(text, override)


def test_an_override_adds_arguments_to_an_entry_without_any() -> None:
    text = HEAD + "layers:\n  - BatchNormalization\n  - Add:\n    from: [x, x]\n" + LAYERS.partition("\n")[2] + REST
    result = assert_same(text, "layers.batch_normalization.momentum=0.9")
    assert "  - {BatchNormalization: {momentum: 0.9}}" in result or "  - BatchNormalization: {momentum: 0.9}" in result


def test_sections_on_several_lines_are_replaced_and_extended() -> None:
    text = HEAD + LAYERS + REST.replace(
        "compile: {optimizer: adam, loss: mse, metrics: [mae]}\n",
        "compile:\n  optimizer:   # which\n    Adam:\n      learning_rate: 0.1\n  loss: mse\n  metrics:\n  - mae\n  - mse   # also\n\n# then\n",
    )  # fmt: skip
    result = assert_same(text, "compile.optimizer=sgd", "compile.metrics+=[mape]", "compile.loss_weights={out: 2.0}")
    assert "  optimizer: sgd" in result
    assert "  - mse   # also\n  - mape  # --set\n  loss_weights: {out: 2.0}  # --set\n\n# then\n" in result


def test_yaml_1_2_values_are_kept() -> None:
    more = (
        "description: 'on'\nfit: {epochs: 0o17, batch_size: 0x10, shuffle: True, verbose: 1, validation_freq: +1, keep: last, engine: auto,"
        " callbacks: [{EarlyStopping: {min_delta: 1e-3, patience: 3}}, {LambdaX: no}]}\n"
    ).replace(", {LambdaX: no}", "")
    text = WHOLE.replace(REST.splitlines(True)[2], more)
    text = text.replace(
        "{units: 3}", "{units: 3, kernel_regularizer: {L2: {l2: 1E-4}}, kernel_initializer: zeros, use_bias: true}"
    )
    assert rendered(text) == text


@pytest.mark.parametrize("word", ["on", "yes", "no", "1e-3", "0o17", "1_000", "null", "~", "12:30", "2024-01-01", ".5",
                                  "true", "+1", "- a", "a #b", "a: b", "#", "", " x ", "\u00e9\u2028", "*a", "&a", "!a", "%a", "@a", "`a",
                                  "$$", "$${x}", "it's", '"', "\\", "a\nb", "\t", "\U0001f600", "\x7f", "{", "]", ",", "?", "-", "=", "<<"])  # fmt: skip
def test_text_that_looks_like_another_type_is_quoted(word: str) -> None:
    """Text from a variable reads back as text."""
    import json

    quoted = json.dumps(word, ensure_ascii=ord(max(word, default="a")) < 0x10000)
    text = WHOLE.replace("seed: 1\n", "seed: 1   # one\ndescription: $d\n") + f"vars: {{d: {quoted}}}\n"
    spec, _ = analysed(text)
    result = rendered(text)
    assert analysed(result)[0].document.description == spec.document.description
    assert "vars" not in result
    assert "# one" in result
    assert result.count("\n") == WHOLE.count("\n") + 1


def test_expressions_keep_their_type() -> None:
    text = WHOLE.replace("seed: 1\n", 'seed: 1\nvars:   # gone\n  a: 2\n  b: "${a * 2}"\n\n').replace(
        "units: 3", 'units: "${b + 1}", kernel_regularizer: {L2: {l2: "${1 / 8}"}}, use_bias: "${a > 3}"'
    )
    result = assert_same(text)
    assert "units: 5, kernel_regularizer: {L2: {l2: 0.125}}, use_bias: false}" in result
    assert "# units: ${b + 1}; l2: ${1 / 8}; use_bias: ${a > 3}" in result
    assert "vars" not in result


def test_an_overridden_variable_is_resolved() -> None:
    text = WHOLE.replace("units: 3", "units: $w") + "\nvars: {w: 3}\n"
    assert "{units: 64}  # units: $w" in assert_same(text, "vars.w=64")


def test_literal_dollars_are_escaped() -> None:
    text = WHOLE.replace("seed: 1\n", "seed: 1\ndescription: costs $$5 and ${1 + 1} of $x\n")
    result = assert_same(text)
    assert analysed(result)[0].document.description == "costs $5 and 2 of $x"
    untouched = WHOLE.replace("seed: 1\n", "seed: 1\ndescription: costs $$5\n")
    assert rendered(untouched) == untouched


def test_aliases_are_written_out() -> None:
    text = (
        HEAD
        + "layers:\n  - &d\n    Dense: &a {units: 3, activation: relu}   # first\n  - *d\n  - Dense: *a\n"
        + LAYERS.partition("\n")[2]
        + REST
    )
    result = assert_same(text, "layers.dense_2.units=5")
    assert "&" not in result
    assert "*" not in result
    assert result.count("units: 3, activation: relu") == 2
    assert "# first" in result


def test_flow_and_block_forms_are_extended() -> None:
    for text in (
        WHOLE.replace("  x: {shape: [4], dtype: float32}", "  x:\n    shape:\n    - 4"),
        WHOLE.replace("  x: {shape: [4], dtype: float32}", "  x: {\n    shape: [4],   # four\n  }"),
        WHOLE.replace("predict: {to: p.csv}\n", "predict: {}"),
        WHOLE.replace("predict: {to: p.csv}\n", "predict:"),
        WHOLE.replace("predict: {to: p.csv}\n", "predict:   # soon\n"),
        WHOLE.replace("seed: 1\n", "description: |\n  a # b\n  c\n"),
        WHOLE.replace("seed: 1\n", "") + "description: >-\n  a\n  b\n",
        WHOLE.replace("seed: 1\n", "") + "description: |+\n  a\n\n",
        WHOLE.replace("seed: 1\n", "") + "description: |\n  a",
        WHOLE.replace("seed: 1\n", "") + 'description: "a\n  # b\n  c"\n',
        WHOLE.replace("seed: 1\n", "") + "...\n",
        "---\n" + WHOLE.replace("seed: 1\n", ""),
        "%YAML 1.2\n---\n" + WHOLE.replace("seed: 1\n", ""),
        WHOLE.replace("seed: 1\n", "").replace("\n", "\r\n"),
        "{kspec: 1, inputs: {x: {shape: [4]}}, layers: [Flatten, Dense: {units: 1}], vars: {a: 1}}",
        "? kspec\n: 1\ninputs: {x: {shape: [4]}}\nlayers: [Flatten]\n",
        "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers: [Flatten, Dense: {units: $w}]\nvars:\n  w: 3\n  # last\n",
        "vars: {w: 3}\nkspec: 1\ninputs: {x: {shape: [4]}}\nlayers: [Dense: {units: $w}, Dense: {units: !!int $w}]\n".replace(
            "!!int ", ""
        ),
    ):
        assert_same(text)


def test_values_that_depend_on_the_data_are_not_filled_in() -> None:
    softmax = "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 3, activation: softmax}\n    name: y\n"
    assert "loss" not in assert_same(softmax + "data: {csv: t.csv, targets: a_*}\n")
    assert "loss: categorical_crossentropy" in assert_same(softmax + "data: {csv: t.csv, targets: [a, b, c]}\n")
    assert "loss: sparse_categorical_crossentropy" in assert_same(softmax + "data: {csv: t.csv, targets: a}\n")
    split = "data: {csv: {train: a.csv, test: b.csv}}\n"
    assert "split" not in assert_same(softmax + split)
    assert "split" not in assert_same(softmax + "data: {images: folder}\n")
    assert "test" not in assert_same(softmax + "data: {csv: t.csv, split: {by: part}}\n")


def test_settings_of_several_outputs() -> None:
    text = (
        "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1, activation: sigmoid}\n    name: a\n"
        "  - Dense: {units: 1}\n    from: x\n    name: b\noutputs: [a, b]\n"
    )
    result = assert_same(text)
    assert "task: {a: binary_classification, b: regression}  # default, one sigmoid unit, one linear unit\n" in result
    assert "loss: {a: binary_crossentropy, b: mean_squared_error}" in result
    assert "# a: default, one sigmoid unit; b: default, one linear unit" in result
    partly = assert_same(text + "compile:\n  loss: {b: huber}\n  optimizer: sgd\n")
    assert "loss: {b: huber, a: binary_crossentropy}  # a: default, one sigmoid unit\n" in partly


class TestCommand:
    def test_the_command_prints_the_spec(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["render", str(SPECS / "mlp.yaml"), "--set", "fit.epochs=1"]) == 0
        out = capsys.readouterr().out
        assert "  epochs: 1  # --set\n" in out
        assert "  optimizer: {Adam: {learning_rate: 1e-3}}\n" in out

    def test_errors_are_reported_with_status_1(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "spec.yaml"
        path.write_text(WHOLE.replace("units: 3", "unts: 3"))
        assert main(["render", str(path)]) == 1
        shown = capsys.readouterr()
        assert not shown.out
        assert "KS110" in shown.err

    def test_paths_are_rewritten_for_another_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a/data").mkdir(parents=True)
        Path("a/data/t.csv").write_text("a,b,y\n" + "1,2,3\n4,5,7\n" * 20)
        Path("a/spec.yaml").write_text(
            WHOLE.replace("[4]", "[2]") + "data: {csv: {path: data/t.csv, delimiter: ','}, targets: y}\n"
        )
        assert main(["render", "a/spec.yaml", "-o", "b/c/rendered.yaml"]) == 0
        text = Path("b/c/rendered.yaml").read_text()
        assert "../../a/data/t.csv" in text
        assert "path: data/t.csv in a/spec.yaml" in text
        assert not [d for d in kspec.check("b/c/rendered.yaml", data=True) if d.code.startswith(("KS50", "KS7"))]
        assert main(["render", "a/spec.yaml", "-o", "a/rendered.yaml"]) == 0
        assert "path: data/t.csv," in Path("a/rendered.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "overrides"),
    [("multiclass", ("vars.width=12",)), pytest.param("shared_layers", (), marks=pytest.mark.slow)],
)
def test_the_rendered_spec_trains_the_same_weights(name: str, overrides: tuple[str, ...], tmp_path: Path) -> None:
    import numpy as np

    path = SPECS / f"{name}.yaml"
    overrides = (*overrides, "fit.epochs=1")
    spec = kspec.load(path, overrides)
    file = tmp_path / "rendered.yaml"
    file.write_text(render(spec, analyse(spec, Report()), tmp_path), encoding="utf-8")
    one = kspec.run(spec, out=tmp_path / "one")
    other = kspec.run(file, out=tmp_path / "other", allow_outside=True)
    assert one.metrics == other.metrics
    for mine, theirs in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_formatted_specs_stay_formatted(file: Path) -> None:
    text = rendered(file.read_text(encoding="utf-8"), name=str(file))
    assert format_text(text) == text


def test_another_layout_is_kept() -> None:
    text = rendered("kspec: 1\nlayers: [{Dense: {units: 1}}]\ninputs: {x: {shape: [4]}}\n")
    assert "\nlayers: [{Dense: {units: 1}}]\n" in text


def test_included_models_are_written_above_their_callers(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text(
        "models:\n  small: {inputs: {x: {shape: [3]}}, layers: [{Dense: {units: 3}}]}\n"
    )
    text = """\
kspec: 1
include: shared.yaml
inputs: {x: {shape: [3]}}
models:
  large:
    inputs: {x: {shape: [3]}}
    layers: [{model: small}, {Dense: {units: 1}}]
layers: [{model: large}]
"""
    result = rendered(text, name=str(tmp_path / "spec.yaml"))
    assert result.index("  small:") < result.index("  large:")
    assert list(analysed(result)[1].graph.models) == ["small", "large"]


@pytest.mark.parametrize(
    ("layers", "more", "threshold"),
    [
        ("Dense: {units: 1}", "", None),
        ("Dense: {units: 3, activation: softmax}", "", None),
        ("Dense: {units: 1, activation: sigmoid}", "", 0.5),
        ("Dense: {units: 1}", "compile: {loss: {BinaryCrossentropy: {from_logits: true}}}", 0.5),
        ("Dense: {units: 1, activation: tanh}", "compile: {loss: hinge}", 0.0),
        ("Dense: {units: 1, activation: sigmoid}", "predict: {threshold: 0.3}", 0.3),
        (
            "Dense: {units: 1, activation: sigmoid}\n    name: a\n  - Dense: {units: 1, activation: tanh}\n    name: b",
            "outputs: [a, b]\ncompile: {loss: {a: binary_crossentropy, b: hinge}}",
            {"a": 0.5, "b": 0.0},
        ),
    ],
)
def test_the_threshold_is_that_of_the_resolved_spec(layers: str, more: str, threshold: object) -> None:
    text = f"kspec: 1\ninputs: {{x: {{shape: [4]}}}}\nlayers:\n  - {layers}\n{more}\n"
    spec, analysis = analysed(text)
    resolved = resolved_values(spec, analysis.settings, {})
    assert resolved["predict"].get("threshold") == threshold
    assert parse(Source("s", rendered(text)), Report()).value["predict"].get("threshold") == threshold
