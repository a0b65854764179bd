"""Small Keras models, one for each feature that an import must preserve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops

MODELS: dict[str, Callable[[], Model]] = {}


def model(make: Callable[[], Model]) -> Callable[[], Model]:
    MODELS[make.__name__] = make
    return make


@model
def chain() -> Model:
    return Sequential(
        [Input([4]), layers.Dense(8, "relu"), layers.Dropout(0.1), layers.Dense(1, "sigmoid")], name="chain"
    )


@model
def built_chain() -> Model:
    made = Sequential([layers.Dense(8), layers.Dense(1)])
    made.build((None, 4))
    return made


@model
def objects() -> Model:
    x = Input([4], name="x")
    y = layers.Dense(
        8,
        kernel_initializer=keras.initializers.HeNormal(seed=3),
        bias_initializer="ones",
        kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
        bias_constraint=keras.constraints.MaxNorm(2, axis=0),
        activation="selu",
    )(x)
    y = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=False)(y)
    return Model(x, layers.Dense(1, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out"))(y))


@model
def activation_layers() -> Model:
    x = Input([6, 4], name="x")
    y = layers.Conv1D(4, 3, activation=layers.LeakyReLU(negative_slope=0.1, name="mine"), padding="same")(x)
    y = layers.Activation(layers.ELU())(y)
    y = layers.LSTM(
        4, activation=layers.ReLU(max_value=6), recurrent_activation=layers.Activation("sigmoid"), return_sequences=True
    )(y)
    y = layers.TimeDistributed(layers.Dense(3, activation=layers.LeakyReLU(dtype="float64")))(y)
    return Model(x, layers.Dense(2, activation=layers.Softmax(axis=1))(y))


@model
def shared() -> Model:
    a, b = Input([6], name="a"), Input([6], name="b")
    tower = layers.Dense(5, "tanh", name="tower")
    left, right = tower(a), tower(b)
    return Model([a, b], layers.Dense(1, name="out")(layers.Subtract()([left, right])))


@model
def shared_in_turn() -> Model:
    """From the output backwards, the second call comes first."""
    x = Input([6], name="x")
    layer = layers.Dense(6, name="again")
    first = layer(x)
    second = layer(layers.ReLU()(first))
    return Model(x, layers.Concatenate()([second, layer(second), first]))


@model
def structures() -> Model:
    a, b = Input([3], name="left"), Input([2], name="right")
    both = layers.Concatenate()([a, b])
    out = {"small": layers.Dense(1, name="head_1")(both), "large": layers.Dense(9, name="head_2")(both)}
    return Model({"first": a, "second": b}, out)


@model
def several_outputs() -> Model:
    x = Input([3], name="x")
    trunk = layers.Dense(4, name="trunk")(x)
    return Model(x, [layers.Dense(2, name="z")(trunk), trunk, layers.Dense(2, name="a")(trunk)])


@model
def states() -> Model:
    x, y = Input([None, 3], name="x"), Input([None, 3], name="y")
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(x)
    decoded, _, last = layers.LSTM(4, return_state=True, return_sequences=True)(y, initial_state=[h, c])
    attended, scores = layers.MultiHeadAttention(2, 3)(
        decoded, decoded, use_causal_mask=True, return_attention_scores=True
    )
    flat = layers.GlobalAveragePooling1D()(attended)
    score = layers.GlobalMaxPooling2D(data_format="channels_first")(scores)
    return Model([x, y], layers.Concatenate()([flat, score, last]))


@model
def fixed_batches() -> Model:
    """Layers that keep their state between batches need a fixed batch size."""
    x = Input(batch_shape=(2, 5, 3), name="x")
    y = layers.LSTM(4, stateful=True, return_sequences=True)(x)
    y = layers.Bidirectional(layers.GRU(3, stateful=True))(y)
    return Model(x, layers.Dense(1)(y))


@model
def masks() -> Model:
    x = Input([None], dtype="int32", name="words")
    y = layers.Embedding(10, 6, mask_zero=True)(x)
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True))(y)
    y = layers.TimeDistributed(layers.Dense(4))(y)
    return Model(x, layers.LSTM(2)(y))


@model
def cells() -> Model:
    x = Input([5, 3], name="x")
    y = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3, reset_after=False)], return_sequences=True)(x)
    return Model(
        x, layers.Bidirectional(layers.LSTM(3), merge_mode="sum", backward_layer=layers.LSTM(3, go_backwards=True))(y)
    )


@model
def operations() -> Model:
    x, y = Input([4, 6], name="x"), Input([6], name="y")
    z = ops.matmul(x, ops.transpose(x, [0, 2, 1]))
    z = z * 0.5 + 1.0
    z = 2.0 - z[:, 0, ::2] / ops.maximum(ops.mean(y, axis=-1, keepdims=True), 0.1)
    z = ops.concatenate([z, y[:, None, -2:][:, 0]], axis=-1)
    a, b = ops.split(ops.expand_dims(z, 1), 2, axis=-1)
    return Model([x, y], ops.einsum("bij,bkj->bi", a, b) + ops.cast(ops.argmax(y, axis=-1), "float32")[..., None])


@model
def pictures() -> Model:
    """The ops of `keras.ops.image`, in one network."""
    image, turns = Input([12, 16, 3], name="image"), Input([8], name="turns")
    x = ops.image.rgb_to_hsv(ops.image.resize(image, (14, 18), "bicubic", antialias=True))
    x = ops.image.crop_images(ops.image.hsv_to_rgb(x), 1, 2, target_height=12, target_width=16)
    x = ops.image.affine_transform(x, turns, fill_mode="reflect")
    x = ops.image.perspective_transform(
        x, np.float32([[0, 0], [0, 8], [8, 0], [8, 8]]), np.float32([[1, 0], [0, 8], [8, 0], [8, 7]])
    )
    x = ops.image.elastic_transform(ops.image.gaussian_blur(x, sigma=(0.5, 2.0)), alpha=2.0, seed=4)
    alike = ops.image.ssim(image, x, filter_size=5)
    grey = ops.image.pad_images(ops.image.rgb_to_grayscale(x), 1, 0, target_height=14, right_padding=2)
    grey = ops.image.scale_and_translate(
        grey, (None, 7, 9, 1), np.float32([0.5, 0.5]), np.float32([0, 1]), (1, 2), "lanczos3"
    )
    patches = ops.image.extract_patches(ops.image.sobel_edges(grey)[..., 0], (3, 2), strides=2, padding="same")
    volumes = ops.image.extract_patches_3d(grey[..., None], (2, 2, 1))
    total = ops.sum(patches, (1, 2, 3)) + ops.sum(volumes, (1, 2, 3, 4)) + alike
    points = ops.image.map_coordinates(grey[..., 0], np.float32([[[0]], [[1.5]], [[2]]]), 1)
    return Model([image, turns], total + points[0])


@model
def call_arguments() -> Model:
    x = Input([4], name="x")
    y = layers.BatchNormalization()(layers.Dense(4)(x), training=False)
    y = layers.Dropout(0.5)(y, training=True)
    query = layers.Reshape([2, 2])(y)
    value = layers.Reshape([2, 2], name="value")(x)
    return Model(x, layers.Attention(use_scale=True)([query, value], use_causal_mask=True))


@model
def frozen() -> Model:
    x = Input([4], name="x")
    y = layers.Dense(4, trainable=False, name="still")(x)
    return Model(x, layers.Dense(1)(layers.BatchNormalization(trainable=False)(y)))


@model
def names() -> Model:
    x = Input([4], name="the.input")
    y = layers.Dense(4, name="block 1.conv")(x)
    y = layers.Dense(4, name="2nd")(y)
    y = layers.Dense(4, name="dense_5")(y)
    return Model(x, layers.Add(name="sum.up")([layers.Dense(4, name="other")(y), y]), name="odd.names")


@model
def policies() -> Model:
    x = Input([4], name="x")
    y = layers.Dense(4, dtype="mixed_bfloat16")(x)
    y = layers.Dense(4, dtype="mixed_bfloat16")(y)
    return Model(x, layers.Dense(1, dtype="float32")(y))


@model
def preprocessing() -> Model:
    x = Input([8, 8, 3], name="photo")
    y = layers.Rescaling([1.0, 0.5, 0.25], offset=[0.0, 1.0, 2.0])(x)
    y = layers.Normalization(axis=-1, mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(y)
    y = layers.RandomFlip("horizontal", seed=4)(y)
    y = layers.RandomRotation([0.1, 0.1], seed=5)(y)
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
    y = layers.MaxPooling2D(3)(y)
    return Model(x, layers.Conv2D(2, (1, 3), strides=(1, 2), padding="same")(layers.Cropping2D(1)(y)))


@model
def vocabularies() -> Model:
    job, age = Input([1], dtype="string", name="job"), Input([1], dtype="int64", name="age")
    a = layers.StringLookup(vocabulary=["clerk", "smith"], output_mode="one_hot")(job)
    b = layers.IntegerLookup(vocabulary=[20, 30, 40], output_mode="multi_hot", num_oov_indices=2)(age)
    return Model([job, age], layers.Dense(2)(layers.Concatenate()([a, b])))


@model
def nested() -> Model:
    inner = Sequential([Input([4], name="inner_input"), layers.Dense(3, name="deep"), layers.ReLU()], name="encoder")
    a, b = Input([4], name="a"), Input([4], name="b")
    x = Input([3], name="p")
    y = Input([3], name="q")
    merger = Model([x, y], [layers.Add(name="z_sum")([x, y]), layers.Multiply(name="product")([x, y])], name="merger")
    first, second = merger([inner(a), inner(b)])
    return Model([a, b], layers.Concatenate()([second, first]))


@model
def nested_deep() -> Model:
    x = Input([4], name="x")
    core = Model(x, layers.Dense(4, name="core_dense")(x), name="core")
    u = Input([4], name="u")
    shell = Model(u, layers.Add()([core(u), u]), name="shell")
    shell.trainable = False
    v = Input([5, 4], name="v")
    each = layers.TimeDistributed(shell)(v)
    return Model(v, layers.Dense(1)(each))


def _core() -> Model:
    x = Input([4], name="x")
    return Model(x, layers.Dense(4, name="core_dense")(x), name="core")


def _around(core: Model, held: Model) -> Model:
    u, v, each = Input([4], name="u"), Input([4], name="v"), Input([5, 4], name="each")
    shell = Model(u, layers.Add()([core(u), u]), name="shell")
    flat = layers.Flatten()(layers.TimeDistributed(held)(each))
    return Model([v, each], layers.Dense(1, name="last")(layers.Concatenate()([shell(v), held(v), flat])))


@model
def shared_between_levels() -> Model:
    core = _core()
    return _around(core, core)


def alike_and_not_shared() -> Model:
    """Two models that differ only in their weights; in a spec, one of them needs another name."""
    return _around(_core(), _core())


@model
def transfer() -> Model:
    base = keras.applications.MobileNet(
        alpha=0.25, input_shape=(32, 32, 3), include_top=False, weights=None, pooling="avg"
    )
    base.trainable = False
    x = Input([32, 32, 3], name="image")
    return Model(x, layers.Dense(2, "softmax", name="label")(base(x, training=False)))


def compiled(make: Callable[[], Model], **settings: Any) -> Model:
    """A compiled model."""
    made = make()
    made.compile(**settings)
    return made
