"""`compile_spec`: what it reads, what it reports, and what it returns when a spec has errors."""

import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Source, SpecError
from tests.support.project import BINARY

VOCABULARY = """\
kspec: 1
data: {csv: table.csv, inputs: {text: note}, targets: kind}
inputs: {text: {shape: [1], dtype: string}}
layers:
  - TextVectorization: {output_sequence_length: 3}
    name: tokens
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 4}
  - GlobalAveragePooling1D
  - Dense: {units: 1, activation: sigmoid}
    name: kind
"""


def codes_of(compiled):
    return [problem.code for problem in compiled.report.sorted()]


@pytest.mark.parametrize(
    ("text", "access", "is_read"),
    [
        (BINARY, "never", False),
        (BINARY, "if_needed", False),  # Normalization adapts, but no size depends on it
        (BINARY, "always", True),
        (VOCABULARY, "never", False),
        (VOCABULARY, "if_needed", True),
        (VOCABULARY, "always", True),
    ],
)
def test_data_is_read_as_asked(project, text, access, is_read):
    compiled = compile_spec(project(text), data=access)
    assert (compiled.dataset is not None) == is_read
    assert not compiled.report.has_errors
    assert compiled.unwrap() == (compiled.spec, compiled.analysis)


def test_rules_see_the_profile_of_data_that_was_read(project):
    text = BINARY.replace("  - Normalization\n", "").replace("inputs: [a, b]", "inputs: [weight, size]")
    wide = project(text.replace("targets: kind", "targets: city"))
    assert "KS407" not in codes_of(compile_spec(wide))
    assert "KS407" in codes_of(compile_spec(wide, data="always"))  # one unit, and three cities


def test_reading_data_reports_earlier_problems_once(project):
    compiled = compile_spec(project(BINARY.replace("epochs: 2", "epochs: 2, steps_per_epoch: 0")), data="always")
    assert compiled.dataset is None
    assert len(codes_of(compiled)) == len(set(codes_of(compiled))) == 1
    path = project(BINARY.replace("relu}", "relu}\n  - Dense: {units: 4, activation: linear}"))
    assert codes_of(compile_spec(path)) == codes_of(compile_spec(path, data="always"))


def test_faulty_data_is_reported_beside_the_analysis(project):
    compiled = compile_spec(project(BINARY.replace("table.csv", "tabel.csv")), data="always")
    assert (compiled.dataset, codes_of(compiled)) == (None, ["KS501"])
    assert compiled.analysis.settings is not None


def test_unwrap_raises_every_error(project):
    compiled = compile_spec(project(BINARY.replace("units: 4", "unit: 4").replace("seed: 3", "sed: 3")))
    with pytest.raises(SpecError) as failure:
        compiled.unwrap()
    assert [problem.code for problem in failure.value.diagnostics] == codes_of(compiled)


def test_a_faulty_graph_has_an_analysis_without_settings(project):
    compiled = compile_spec(project(BINARY.replace("    name: kind", "    name: kind\n    from: hiden")), data="always")
    assert codes_of(compiled) == ["KS201"]
    assert compiled.analysis.settings is None
    assert compiled.dataset is None


def test_a_library_is_an_info_until_it_is_needed_as_a_spec(project):
    path = project("kspec: 1\nblocks:\n  pair:\n    layers: [{Dense: {units: 4}}, {Dropout: {rate: 0.5}}]\n")
    compiled = compile_spec(path)
    assert compiled.spec is None
    assert not compiled.report.has_errors
    with pytest.raises(SpecError, match="neither `inputs` nor `layers`"):
        compiled.unwrap()


def test_a_missing_file_is_a_diagnostic(tmp_path):
    compiled = compile_spec(tmp_path / "nothing.yaml")
    assert (compiled.spec, codes_of(compiled)) == (None, ["KS010"])


def test_overrides_apply_to_files_and_texts(project):
    for source in (project(BINARY), Source("spec.yaml", BINARY)):
        spec, _ = compile_spec(source, ["fit.epochs=7"]).unwrap()
        assert spec.document.fit.epochs == 7


def test_a_loaded_spec_compiles_like_its_file(project):
    path = project(BINARY.replace("activation: sigmoid", "activation: relu"))
    spec = kspec.load(path)
    compiled = compile_spec(spec)
    assert compiled.spec is spec
    assert codes_of(compiled) == codes_of(compile_spec(path)) != []


def test_an_entry_that_cannot_be_expanded_hides_no_other_problem():
    text = BINARY.replace("  - Normalization\n", "  - block: missing\n").replace("units: 1", "unit: 1")
    assert codes_of(compile_spec(Source("spec.yaml", text))) == ["KS218", "KS110"]
