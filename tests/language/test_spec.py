"""How a spec shows itself."""

from kspec.diagnostics import Report, Source
from kspec.language import load_source

TEXT = "kspec: 1\nname: tiny\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1}  # a < b\n"


def spec_of(text=TEXT):
    return load_source(Source("tiny.yaml", text), Report())


def test_repr_is_the_name_and_the_number_of_layers():
    assert repr(spec_of()) == "Spec('tiny', 1 layer)"
    assert repr(spec_of(TEXT + "  - {Dense: {units: 2}, repeat: 3}\n")) == "Spec('tiny', 4 layers)"


def test_str_is_the_yaml_text():
    assert str(spec_of()) == TEXT


def test_a_notebook_shows_the_yaml_text_escaped():
    assert spec_of()._repr_html_() == f"<pre>{TEXT.replace('<', '&lt;')}</pre>"
