"""The data that an editor reads for the sizes of a model."""

from kspec.compiler.compile import compile_spec
from kspec.lsp import data_sizes
from kspec.lsp.data_sizes import DataSizes

SPEC = """\
kspec: 1
data: {DATA, targets: kind}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: {classes_of: kind}, activation: softmax}
    name: kind
"""


def units(tmp_path, data):
    (tmp_path / "spec.yaml").write_text(SPEC.replace("DATA", data))
    spec, analysis = compile_spec(tmp_path / "spec.yaml").unwrap()
    return DataSizes().complete(spec, analysis).types.calls["kind"].outputs[0].shape[-1]


def test_small_files_are_read_and_what_takes_long_is_not(tmp_path, monkeypatch):
    (tmp_path / "kinds.csv").write_text("x,kind\n" + "".join(f"{i},{'abc'[i % 3]}\n" for i in range(30)))
    assert units(tmp_path, "csv: kinds.csv") == 3
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    assert units(tmp_path, 'csv: "*.csv"') is None
    (tmp_path / "pictures").mkdir()
    assert units(tmp_path, "images: pictures") is None
    monkeypatch.setattr(data_sizes, "MAX_BYTES", 10)
    assert units(tmp_path, "csv: kinds.csv") is None
