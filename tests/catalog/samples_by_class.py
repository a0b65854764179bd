"""Dependencies among the arguments of a class, which `samples` must respect.

VALUES gives an argument another value than its type suggests. APART lists arguments that are incompatible with the
others, so each is tried alone. NEEDS are further arguments that such an argument needs.
"""

from __future__ import annotations

from typing import Any

_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
_LOOKUPS = ("IntegerLookup", "StringLookup")
_FACTORS = (
    *("addition_factor", "brightness_factor", "contrast_factor", "factor", "height_factor", "hue_factor"),
    *("saturation_factor", "sigma", "threshold_factor", "width_factor", "x_factor", "y_factor"),
)

VALUES_BY_NAME: dict[tuple[str, str], Any] = {
    ("layer", "dtype"): "float64",
    **{("layer", name): [0.25, 0.5] for name in _FACTORS},
    ("layer", "value_range"): [0.0, 1.0],
}
VALUES: dict[tuple[str, str], dict[str, Any]] = {
    ("callback", "ModelCheckpoint"): {"filepath": "best.weights.h5"},
    ("initializer", "STFT"): {"window": "hamming"},
    ("layer", "BatchNormalization"): {"renorm_clipping": {"rmax": 3.0}},
    ("layer", "Bidirectional"): {
        "layer": {"LSTM": {"units": 3}},
        "backward_layer": {"LSTM": {"units": 3, "go_backwards": True}},
    },
    **{("layer", name): {"output_padding": 1} for name in _TRANSPOSED},
    ("layer", "EinsumDense"): {"equation": "abc,cd->abd", "output_shape": [None, 3], "bias_axes": "d"},
    ("layer", "IntegerLookup"): {
        "vocabulary": [3, 4],
        "salt": [3, 4],
        "mask_token": 5,
        "oov_token": 6,
        "max_tokens": 9,
    },
    ("layer", "Permute"): {"dims": [2, 1]},
    ("layer", "RandomElasticTransform"): {"scale": [0.25, 0.5]},
    ("layer", "RandomErasing"): {"scale": [0.25, 0.5]},
    ("layer", "RandomGaussianBlur"): {"kernel_size": [5, 7]},
    ("layer", "RandomGrayscale"): {"factor": 0.25},
    ("layer", "RandomPosterization"): {"factor": [3, 5]},
    ("layer", "STFTSpectrogram"): {"frame_length": 4, "fft_length": 8},
    ("layer", "StringLookup"): {
        "vocabulary": ["one", "two"],
        "salt": [3, 4],
        "encoding": "ascii",
        "mask_token": "none",
        "oov_token": "other",
        "max_tokens": 9,
    },
    ("layer", "TextVectorization"): {"vocabulary": ["one", "two"], "encoding": "ascii", "max_tokens": 9},
    ("metric", "IoU"): {"target_class_ids": [2]},
    ("metric", "OneHotIoU"): {"target_class_ids": [2]},
    ("schedule", "PiecewiseConstantDecay"): {"boundaries": [3, 4], "values": [0.5, 0.25, 0.125]},
}
APART_BY_NAME: dict[str, tuple[str, ...]] = {"optimizer": ("clipvalue", "global_clipnorm")}
APART: dict[tuple[str, str], tuple[str, ...]] = {
    **{("layer", name): ("strides",) for name in _CONVOLUTIONS},
    **{("layer", name): ("dilation_rate",) for name in _TRANSPOSED},
    ("layer", "Discretization"): ("num_bins",),
    ("layer", "Embedding"): ("lora_rank", "lora_alpha"),
    ("layer", "GroupQueryAttention"): ("flash_attention",),
    **{("layer", name): ("invert", "idf_weights", "sparse", "pad_to_max_tokens", "salt") for name in _LOOKUPS},
    ("layer", "MultiHeadAttention"): ("flash_attention",),
    ("layer", "TextVectorization"): ("idf_weights", "sparse", "pad_to_max_tokens", "ragged", "output_mode"),
}
NEEDS: dict[tuple[str, str, str], dict[str, Any]] = {
    ("layer", "Embedding", "lora_alpha"): {"lora_rank": 3},
    ("layer", "IntegerLookup", "idf_weights"): {"output_mode": "tf_idf", "vocabulary": [3]},
    ("layer", "IntegerLookup", "salt"): {"oov_method": "farmhash", "num_oov_indices": 3},
    ("layer", "StringLookup", "idf_weights"): {"output_mode": "tf_idf", "vocabulary": ["one"]},
    ("layer", "StringLookup", "salt"): {"num_oov_indices": 3},
    **{("layer", name, "sparse"): {"output_mode": "multi_hot"} for name in _LOOKUPS},
    **{("layer", name, "pad_to_max_tokens"): {"output_mode": "multi_hot", "max_tokens": 9} for name in _LOOKUPS},
    ("layer", "TextVectorization", "idf_weights"): {"output_mode": "tf_idf", "vocabulary": ["one"]},
    ("layer", "TextVectorization", "pad_to_max_tokens"): {"output_mode": "multi_hot", "max_tokens": 9},
    ("layer", "TextVectorization", "sparse"): {"output_mode": "multi_hot"},
}
