"""KS301, as a warning: what TensorFlow computes on a GPU only."""

import numpy as np
import pytest

from kspec.backend.keras_model import build_keras_model
from kspec.diagnostics import Report
from kspec.ir import build
from tests.conftest import spec_of
from tests.lint.rules.helpers import check, spec

FIRST, DILATED = "with the channels first", "with dilation"
SEQUENCE, IMAGE, VOLUME = "[3, 8]", "[3, 8, 8]", "[3, 5, 5, 5]"
CONV = "filters: 2, kernel_size: 3, data_format: channels_first"

CASES = {
    f"Conv1D: {{{CONV}}}": (SEQUENCE, FIRST),
    f"Conv2D: {{{CONV}}}": (IMAGE, FIRST),
    f"Conv3D: {{{CONV}}}": (VOLUME, ""),
    "Conv2D: {filters: 3, kernel_size: 3, groups: 3, data_format: channels_first}": (IMAGE, ""),
    "Conv2D: {filters: 3, kernel_size: 2, dilation_rate: 2}": (IMAGE, ""),
    f"TimeDistributed: {{layer: {{Conv1D: {{{CONV}}}}}}}": ("[2, 3, 8]", FIRST),
    f"ConvLSTM1D: {{{CONV}}}": ("[2, 3, 8]", FIRST),
    f"Bidirectional: {{layer: {{ConvLSTM2D: {{{CONV}}}}}}}": ("[2, 3, 8, 8]", FIRST),
    f"Conv1DTranspose: {{{CONV}}}": (SEQUENCE, FIRST),
    f"Conv3DTranspose: {{{CONV}}}": (VOLUME, FIRST),
    "Conv2DTranspose: {filters: 2, kernel_size: 3, dilation_rate: [1, 2]}": (IMAGE, DILATED),
    "Conv2DTranspose: {filters: 2, kernel_size: 3, strides: 2}": (IMAGE, ""),
    "DepthwiseConv2D: {kernel_size: 3, data_format: channels_first}": (IMAGE, ""),
    f"SeparableConv1D: {{{CONV}}}": (SEQUENCE, ""),
    "MaxPooling2D: {data_format: channels_first}": (IMAGE, ""),
    "AveragePooling1D: {pool_size: 2, data_format: channels_first}": (SEQUENCE, ""),
    "STFTSpectrogram: {frame_length: 4, data_format: channels_first}": (SEQUENCE, FIRST),
    "op: image.extract_patches\n    call: {size: 2, data_format: channels_first}": (IMAGE, FIRST),
    "op: image.extract_patches\n    call: {size: 2}": (IMAGE, ""),
}


@pytest.mark.parametrize(("layer", "case"), CASES.items(), ids=list(CASES))
def test_what_fails_on_a_cpu_is_reported(layer, case):
    import tensorflow as tf

    shape, how = case
    text = spec(layer, "task: regression", f"{{x: {{shape: {shape}}}}}")
    found = [diagnostic for diagnostic in check(text) if diagnostic.code == "KS301"]
    assert [diagnostic.severity.name for diagnostic in found] == ["WARNING"] * bool(how)
    assert all(how in diagnostic.message for diagnostic in found)
    document = spec_of(text)
    model = build_keras_model(document, build(document, Report()), Report()).model
    data = np.ones((2, *model.input_shape[1:]), "float32")
    with tf.device("CPU"):
        if how:
            with pytest.raises(Exception, match=r"CPU|NHWC|NDHWC"):
                model(data)
        else:
            assert model(data).shape[1:] == model.output_shape[1:]


def test_the_place_is_the_argument():
    text = spec(f"TimeDistributed: {{layer: {{Conv1D: {{{CONV}}}}}}}", "task: regression", "{x: {shape: [2, 3, 8]}}")
    (found,) = [diagnostic for diagnostic in check(text) if diagnostic.code == "KS301"]
    line = text.splitlines()[found.span.line - 1]
    assert line[found.span.column - 1 :].startswith("channels_first")
    assert "`data_format: channels_last`" in found.help
