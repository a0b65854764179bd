"""Links to Keras's documentation.

A class has a link to its own page if that is known to exist; otherwise to the page of its kind, so that no link is a
guess.
"""

from __future__ import annotations

from kspec.catalog import Entry
from kspec.syntax.names import snake_case

SITE = "https://keras.io/api/"

_KINDS = {
    "layer": "layers/",
    "op": "ops/",
    "optimizer": "optimizers/",
    "schedule": "optimizers/learning_rate_schedules/",
    "loss": "losses/",
    "metric": "metrics/",
    "initializer": "layers/initializers/",
    "regularizer": "layers/regularizers/",
    "constraint": "layers/constraints/",
    "callback": "callbacks/",
    "activation": "layers/activations/",
    "application": "applications/",
}
_SECTIONS = {
    "layers/core_layers/": "Dense EinsumDense Activation Embedding Masking Identity",
    "layers/convolution_layers/": (
        "Conv1D Conv2D Conv3D SeparableConv1D SeparableConv2D DepthwiseConv1D DepthwiseConv2D Conv1DTranspose "
        "Conv2DTranspose Conv3DTranspose"
    ),
    "layers/pooling_layers/": (
        "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
        "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D "
        "GlobalAveragePooling3D"
    ),
    "layers/recurrent_layers/": (
        "LSTM LSTMCell GRU GRUCell SimpleRNN SimpleRNNCell TimeDistributed Bidirectional ConvLSTM1D ConvLSTM2D "
        "ConvLSTM3D RNN StackedRNNCells"
    ),
    "layers/preprocessing_layers/text/": "TextVectorization",
    "layers/preprocessing_layers/numerical/": "Normalization SpectralNormalization Discretization",
    "layers/preprocessing_layers/categorical/": ("CategoryEncoding Hashing HashedCrossing StringLookup IntegerLookup"),
    "layers/preprocessing_layers/image_preprocessing/": "Resizing Rescaling CenterCrop",
    "layers/preprocessing_layers/image_augmentation/": (
        "RandomCrop RandomFlip RandomTranslation RandomRotation RandomZoom RandomContrast RandomBrightness"
    ),
    "layers/preprocessing_layers/audio_preprocessing/": "MelSpectrogram",
    "layers/normalization_layers/": (
        "BatchNormalization LayerNormalization UnitNormalization GroupNormalization RMSNormalization"
    ),
    "layers/regularization_layers/": (
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout AlphaDropout GaussianNoise "
        "ActivityRegularization"
    ),
    "layers/attention_layers/": "GroupQueryAttention MultiHeadAttention Attention AdditiveAttention",
    "layers/reshaping_layers/": (
        "Reshape Flatten RepeatVector Permute Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D "
        "ZeroPadding1D ZeroPadding2D ZeroPadding3D"
    ),
    "layers/merging_layers/": "Concatenate Average Maximum Minimum Add Subtract Multiply Dot",
    "layers/activation_layers/": "ReLU Softmax LeakyReLU PReLU ELU",
    "optimizers/": "SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion Lamb",
    "optimizers/learning_rate_schedules/": (
        "ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts"
    ),
    "callbacks/": (
        "ModelCheckpoint BackupAndRestore TensorBoard EarlyStopping ReduceLROnPlateau RemoteMonitor TerminateOnNaN "
        "CSVLogger SwapEMAWeights"
    ),
}
_OWN_NAMES = {
    "AdamW": "adamw",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ReLU": "relu",
    "RMSprop": "rmsprop",
    "StackedRNNCells": "stacked_rnn_cell",
    "TensorBoard": "tensorboard",
    "TerminateOnNaN": "terminate_on_nan",
}
_PAGES = {(section.partition("/")[0], name): section for section, names in _SECTIONS.items() for name in names.split()}


def page(entry: Entry) -> str:
    """The URL of the page of a class, or of its kind if the class has none."""
    kind = _KINDS[entry.kind]
    section = _PAGES.get((kind.partition("/")[0], entry.name))
    if section is None or entry.kind in ("initializer", "regularizer", "constraint", "activation"):
        return SITE + kind
    name = _OWN_NAMES.get(entry.name) or snake_case(entry.name)
    if section == "layers/convolution_layers/":
        name = name.replace("conv", "convolution")
    return f"{SITE}{section}{name}/"


def page_of_kind(kind: str) -> str:
    """The URL of the page of a kind."""
    return SITE + _KINDS["layer" if kind == "cell" else kind]
