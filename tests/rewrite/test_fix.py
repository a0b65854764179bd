"""`kspec check --fix`: the problems that it fixes, and the text that it leaves unchanged."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from kspec.compiler.check import CheckResult, check_spec
from kspec.diagnostics import Diagnostic, Edit, Severity, Source, Span
from kspec.rewrite.fix import Fixed, fix, fix_file, write_fixed

HEAD = "kspec: 1\ninputs:\n  x: {shape: [4]}\n"


def fixed(text: str, **options) -> Fixed:
    return fix(Source("spec.yaml", text), lambda source: check_spec(source, **options))


def layers(body: str, more: str = "") -> str:
    return f"{HEAD}layers:\n{body}{more}"


OUT = "  - Dense: {units: 1}\n    name: out\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (layers("  - Dens: {units: 3}\n" + OUT), layers("  - Dense: {units: 3}\n" + OUT)),
        (layers('  - Dense: {"unts": 3}\n' + OUT), layers('  - Dense: {"units": 3}\n' + OUT)),
        (layers("  - Dense: {units: 3, activation: 'rleu'}\n" + OUT), layers("  - Dense: {units: 3, activation: 'relu'}\n" + OUT)),
        (layers("  - Conv1D: {filters: 3, kernel_size: 1, padding: sme}\n" + OUT).replace("[4]", "[4, 1]"),
         layers("  - Conv1D: {filters: 3, kernel_size: 1, padding: same}\n" + OUT).replace("[4]", "[4, 1]")),
        (layers("  - Dense: {units: 1}\n    nam: out\n"), layers("  - Dense: {units: 1}\n    name: out\n")),
        (layers(OUT, "outputs: outt\n"), layers(OUT, "outputs: out\n")),
        (layers(OUT, "fitt: {epochs: 3}\n"), layers(OUT, "fit: {epochs: 3}\n")),
        (layers(OUT, "fit: {epoch: 3}\n"), layers(OUT, "fit: {epochs: 3}\n")),
        (layers(OUT, "task: regresion\n"), layers(OUT, "task: regression\n")),
        (layers(OUT, "compile: {optimizer: adm, loss: {ouut: mse}}\n"), layers(OUT, "compile: {optimizer: adam, loss: {out: mse}}\n")),
        (layers("  - Dense: {units: $widht}\n" + OUT, "vars: {width: 3}\n"), layers("  - Dense: {units: $width}\n" + OUT, "vars: {width: 3}\n")),
        (layers('  - Dense: {units: "${widht * 2 + widht}"}\n' + OUT, "vars: {width: 3}\n"),
         layers('  - Dense: {units: "${width * 2 + width}"}\n' + OUT, "vars: {width: 3}\n")),
        (layers(OUT, "data: {csvv: a.csv}\n"), layers(OUT, "data: {csv: a.csv}\n")),
        (layers("  - op: men\n    call: {axis: -1}\n" + OUT), layers("  - op: mean\n    call: {axis: -1}\n" + OUT)),
    ],
)  # fmt: skip
def test_misspelt_names_are_corrected(wrong: str, right: str) -> None:
    result = fixed(wrong)
    assert result.after.text == right
    assert result.fixed


def test_everything_else_is_kept() -> None:
    text = "# café ☕\r\n" + layers(
        "  - Dens:   {unts: 3 , activation: relu}   # keep  \n\n  # between\n" + OUT
    ).replace("\n", "\r\n")
    assert fixed(text).after.text == text.replace("Dens:", "Dense:").replace("unts", "units")


def test_edits_after_wide_characters() -> None:
    text = layers("  - Dense: {units: 3}\n" + OUT, 'description: "😀 \\u00e9 ñ"\n')
    text = text.replace("- Dense: {units: 3}", '- {"Dense": {units: 3, "naïve😀": 1, kernel_initialiser: zeros}}')
    assert "kernel_initializer: zeros" in fixed(text).after.text


def test_problems_revealed_by_a_fix_are_fixed_too() -> None:
    text = layers("  - Dens: {unts: 3}\n" + OUT, "outputs: outt\nfitt:\n  epochs 2\n  batch_size: 4\n")
    result = fixed(text)
    assert not result.remaining.diagnostics
    assert [d.code for d in result.fixed] == ["KS002", "KS106", "KS110", "KS201", "KS101"]
    assert "Dense: {units: 3}" in result.after.text
    assert result.after.text.endswith("outputs: out\nfit:\n  epochs: 2\n  batch_size: 4\n")


def test_an_edit_that_adds_errors_is_not_applied() -> None:
    text = layers("  - Dense: {units: 3, unts: 3}\n  - Dens: {units: 2}\n" + OUT)
    result = fixed(text)
    assert result.after.text == text.replace("Dens:", "Dense:")
    assert [d.code for d in result.remaining.diagnostics if d.is_error] == ["KS110"]


def test_one_harmful_edit_does_not_block_the_others() -> None:
    good = "".join(f"  - Dense: {{unts: {n}}}\n" for n in range(1, 12))
    text = layers(good + "  - Dense: {units: 3, unts: 3}\n" + good + OUT)
    result = fixed(text)
    assert result.after.text.count("unts") == 1
    assert len(result.fixed) == 22


def test_a_text_without_fixes_is_unchanged() -> None:
    result = fixed(layers(OUT))
    assert not result.fixed
    assert result.after.text == result.before.text
    assert result.diff() == ""
    hopeless = layers("  - Xyzzy: {units: 3}\n" + OUT)
    assert fixed(hopeless).after.text == hopeless


def test_invalid_yaml_is_unchanged() -> None:
    for text in ("a: [", "\t", "a: b: c", "x", "- &a *a", "", "{}"):
        assert fixed(text).after.text == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - Dense: {units: 4}   # first\n", "  - Dense: {units: 4}   # first\n    name: dense\n"),
        ("  - Dense:\n      units: 4\n\n  # next\n", "  - Dense:\n      units: 4\n    name: dense\n\n  # next\n"),
        ("  - Dense: {units: 4}\n    from: x\n", "  - Dense: {units: 4}\n    from: x\n    name: dense\n"),
        ("  - {Dense: {units: 4}}\n", "  - {Dense: {units: 4}, name: dense}\n"),
        ("  - {Dense: {units: 4},\n     from: x,  # here\n    }\n", "  - {Dense: {units: 4},\n     from: x, name: dense,  # here\n    }\n"),
        ('  - "Dense": {units: 4}\n', '  - "Dense": {units: 4}\n    name: dense\n'),
        ("  -\n    Dense: {units: 4}\n", "  -\n    Dense: {units: 4}\n    name: dense\n"),
        ("  -   Dense: {units: 4}\n", "  -   Dense: {units: 4}\n      name: dense\n"),
    ],
)  # fmt: skip
def test_referenced_automatic_names_are_written_out(before: str, after: str) -> None:
    rest = "  - Dense: {units: 4}\n    from: x\n    name: b\n  - Add:\n    from: [dense, b]\n    name: c\n  - Dense: {units: 1}\n    from: dense\n    name: d\noutputs: [c, d]\n"
    text = layers(before + rest)
    result = fixed(text)
    assert result.after.text == layers(after + rest)
    assert [d.code for d in result.fixed] == ["KS213", "KS213"]
    assert not result.remaining.diagnostics


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - Flatten\n", "  - Flatten:\n    name: flatten\n"),
        ("  - Flatten  # flat\n", "  - Flatten:  # flat\n    name: flatten\n"),
        ("  - 'Flatten'\n", "  - 'Flatten':\n    name: flatten\n"),
        ("  - Flatten:\n", "  - Flatten:\n    name: flatten\n"),
        ("  - {Flatten: }\n", "  - {Flatten: {}, name: flatten}\n"),
    ],
)
def test_entries_without_arguments_become_mappings_when_named(before: str, after: str) -> None:
    rest = "  - Dense: {units: 4}\n  - Add:\n    from: [flatten, dense]\n    name: out\n"
    named = rest.replace("4}\n", "4}\n    name: dense\n")
    assert fixed(layers(before + rest)).after.text == layers(after + named)


def test_names_in_a_flow_list() -> None:
    text = f"{HEAD}layers: [Flatten, Dense: {{units: 4}}, {{Add: , from: [flatten, dense], name: out}}]\n"
    result = fixed(text).after.text
    assert result == text.replace("[Flatten", "[{Flatten: {}, name: flatten}").replace(
        "Dense: {units: 4}", "{Dense: {units: 4}, name: dense}"
    )


def test_later_automatic_names_are_kept() -> None:
    text = layers("  - Dense: {units: 4}\n" * 3 + "  - Add:\n    from: [dense, dense_1, dense_2]\n    name: out\n")
    result = fixed(text)
    assert not result.remaining.diagnostics
    assert list(result.remaining.analysis.graph.nodes) == ["x", "dense", "dense_1", "dense_2", "out"]


def test_nodes_repeated_by_an_alias_are_not_named() -> None:
    text = layers("  - &d\n    Dense: {units: 4}\n  - *d\n  - Add:\n    from: [dense, dense_1]\n    name: out\n")
    assert fixed(text).after.text == text


def test_hundreds_of_errors_are_fixed() -> None:
    text = layers("".join(f"  - Dense: {{unts: {n % 7 + 1}}}\n" for n in range(300)) + OUT)
    result = fixed(text)
    assert len(result.fixed) == 300


class TestFiles:
    def write(self, path: Path, data: bytes) -> Fixed:
        path.write_bytes(data)
        result = fix_file(str(path), check_spec)
        assert result is not None
        write_fixed(result)
        return result

    def test_byte_order_mark_and_line_endings_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "spec.yaml"
        data = b"\xef\xbb\xbf" + layers("  - Dens: {units: 3}  # \xc3\xa9\n" + OUT).replace("\n", "\r\n").encode()
        self.write(path, data)
        assert path.read_bytes() == data.replace(b"Dens:", b"Dense:")

    def test_a_missing_final_newline_is_kept(self, tmp_path: Path) -> None:
        text = layers(OUT, "outputs: outt")
        self.write(tmp_path / "spec.yaml", text.encode())
        assert (tmp_path / "spec.yaml").read_text() == layers(OUT, "outputs: out")

    @pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
    def test_permissions_are_kept_and_no_temporary_file_remains(self, tmp_path: Path) -> None:
        path = tmp_path / "spec.yaml"
        path.write_text("")
        path.chmod(0o640)
        self.write(path, layers(OUT, "outputs: outt\n").encode())
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert os.listdir(tmp_path) == ["spec.yaml"]

    def test_nothing_is_written_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        path = tmp_path / "real" / "spec.yaml"
        path.write_text("")
        link = tmp_path / "link.yaml"
        link.symlink_to(path)
        with pytest.raises(OSError, match="it is a link"):
            self.write(link, layers(OUT, "outputs: outt\n").encode())
        assert "outputs: outt\n" in path.read_text()

    def test_a_file_that_has_changed_is_not_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "spec.yaml"
        path.write_text(layers(OUT, "outputs: outt\n"))
        result = fix_file(str(path), check_spec)
        path.write_text("other")
        with pytest.raises(OSError, match="changed since"):
            write_fixed(result)
        assert path.read_text() == "other"

    def test_a_missing_file_is_not_fixed(self, tmp_path: Path) -> None:
        assert fix_file(tmp_path / "none.yaml", check_spec) is None


@pytest.mark.parametrize(
    "text",
    [
        layers(OUT, "task: classification\n"),
        layers(OUT, "dtype_policy: float8\n"),
        layers("  - Dense: {units: 3, dtype: float}\n" + OUT),
        layers("  - Dense: {units: 3}\n  - Dropout: {rate: 0.5}\n", "compile: {loss: mse}\n"),
    ],
)
def test_ambiguous_problems_are_reported_and_not_changed(text: str) -> None:
    result = fixed(text)
    assert result.remaining.diagnostics
    assert result.after.text == text


def test_a_node_is_not_suggested_as_its_own_reference() -> None:
    text = layers("  - Dense: {units: 4}\n    name: foo\n  - reuse: fooo\n  - reuse: fooo\n" + OUT)
    assert fixed(text).after.text == text.replace("fooo", "foo")
    unknown = layers("  - reuse: xyzzy\n  - reuse: xyzzy\n" + OUT)
    assert fixed(unknown).after.text == unknown


def test_an_edit_that_does_not_remove_its_problem_is_not_applied() -> None:
    text = layers(OUT)

    def look(source: Source) -> CheckResult:
        """Always reports an error at the same place, with an edit that adds a character there."""
        seen = check_spec(source)
        end = Span(source, 2, 8, 2, 8)
        again = Diagnostic("KS201", Severity.ERROR, source.text, end, edits=(Edit(end, " "),))
        return replace(seen, diagnostics=[again])

    assert fix(Source("spec.yaml", text), look).after.text == text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("  - Dense: {units:10, activation:relu}\n", "  - Dense: {units: 10, activation: relu}\n"),
        ("  - Dense:\n      units:4\n", "  - Dense:\n      units: 4\n"),
        ("  - Dense:\n      units:4\n      activation: relu\n", "  - Dense:\n      units: 4\n      activation: relu\n"),
        ("  - Dense {units: 10}\n", "  - Dense: {units: 10}\n"),
        ("  - Dense{units: 10, activation: relu}\n", "  - Dense: {units: 10, activation: relu}\n"),
        ("  - Dense:{units: 10}\n", "  - Dense: {units: 10}\n"),
        ("  - Dense:{units: 10, activation: relu}\n", "  - Dense: {units: 10, activation: relu}\n"),
        ("  - {Dense:{units: 4}, name: a}\n", "  - {Dense: {units: 4}, name: a}\n"),
        ("  - Dense: units: 4, activation: relu  # so\n", "  - Dense: {units: 4, activation: relu}  # so\n"),
        ("  - Flatten\n  -Dense: {units: 4}\n  -Flatten\n", "  - Flatten\n  - Dense: {units: 4}\n  - Flatten\n"),
        ("  -Dense: {units: 4}\n  -Flatten\n", "  - Dense: {units: 4}\n  - Flatten\n"),
    ],
)  # fmt: skip
def test_missing_spaces_and_colons_are_added(wrong: str, right: str) -> None:
    result = fixed(layers(wrong))
    assert result.after.text == layers(right)
    assert {problem.code for problem in result.fixed} == {"KS002"}
    assert not result.remaining.diagnostics


@pytest.mark.parametrize(
    "text",
    [
        layers(OUT, "description: write Dense {units: 3} here\n"),
        layers(OUT, "description: note: here\n"),
    ],
)
def test_quotes_are_suggested_for_text_with_a_colon(text: str) -> None:
    result = fixed(text)
    assert result.after.text == text
    assert "quote text" in result.remaining.diagnostics[0].help


def test_valid_values_with_a_colon_are_kept() -> None:
    text = layers(OUT, 'description:\n  epochs:3\nvars: {when: "12:30", at: 12:30, where: c:/data}\nname: a\n')
    assert not fixed(text).remaining.diagnostics


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Dense(10)", "Dense: {units: 10}"),
        ("Dense(10, activation='relu')", "Dense: {units: 10, activation: relu}"),
        ("keras.layers.Dense: {units: 3}", "Dense: {units: 3}"),
        ("layers.Flatten", "Flatten"),
        ("op: keras.ops.sin", "op: sin"),
        ("Dense: {units: '10'}", "Dense: {units: 10}"),
        ("Dense: {units: 10.0}", "Dense: {units: 10}"),
        ("Dense: {units: width}", "Dense: {units: $width}"),
        ("Dense: {units: 3, use_bias: yes}", "Dense: {units: 3, use_bias: true}"),
        ("Dense: {units: 3, activation: None}", "Dense: {units: 3, activation: null}"),
        ("Reshape: {target_shape: 4}", "Reshape: {target_shape: [4]}"),
        ("Reshape: {target_shape: (2, 2)}", "Reshape: {target_shape: [2, 2]}"),
        ("Reshape:\n      target_shape: (4,)", "Reshape:\n      target_shape: [4]"),
        ("Dense: {units: ${width * 2}}", 'Dense: {units: "${width * 2}"}'),
        ("Dense: {units: ${width}, use_bias: true}", 'Dense: {units: "${width}", use_bias: true}'),
        ("LayerNormalization\n    name: z", "LayerNormalization:\n    name: z"),
        ("LeakyReLU: {alpha: 0.1}", "LeakyReLU: {negative_slope: 0.1}"),
        ("Dense: {units: 3}\n    From: x\n    Name: y", "Dense: {units: 3}\n    from: x\n    name: y"),
    ],
)  # fmt: skip
def test_habits_from_other_notations_are_corrected(wrong: str, right: str) -> None:
    result = fixed(layers(f"  - {wrong}\n" + OUT, "vars: {width: 3}\n"))
    assert result.after.text == layers(f"  - {right}\n" + OUT, "vars: {width: 3}\n")
    assert not any(problem.is_error for problem in result.remaining.diagnostics)


def test_a_shape_becomes_a_list() -> None:
    for wrong, right in (("4", "[4]"), ("(4,)", "[4]")):
        text = f"kspec: 1\ninputs:\n  x:\n    shape: {wrong}\nlayers:\n{OUT}"
        assert fixed(text).after.text == text.replace(f"shape: {wrong}", f"shape: {right}")


def test_a_keras_function_becomes_an_op() -> None:
    text = layers("  - cumsum  # here\n" + OUT)
    assert fixed(text).after.text == text.replace("cumsum", "op: cumsum")


def test_an_extra_bracket_is_removed() -> None:
    text = layers("  - Dense: {units: 4}}\n" + OUT)
    assert fixed(text).after.text == layers("  - Dense: {units: 4}\n" + OUT)
    quoted = layers("  - Dense: {units: 4, activation: 'x}'}}\n" + OUT)
    assert fixed(quoted).after.text == quoted
