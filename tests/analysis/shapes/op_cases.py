"""Constants and shapes for each op, beside those that are made up from its signature: what is right, and what is not."""

from __future__ import annotations

from typing import Any

from kspec.analysis.shapes.types import TensorType

FORMATS = (None, "channels_last", "channels_first")
IMAGE, COLUMN, INTS = (None, 8, 6, 4), (None, 1), TensorType((None, 4), "int32")
I8 = TensorType((3, 3), "int8")
COUNTS = (
    *((5, None, None), (2, 9, None), (0, 10, 3), (9, 0, -2), (0, 1, 0.1), (0, 0.3, 0.1), (3, 3, 1)),
    *((5, 0, 1), (0, 5, -1), (0, 5, 0), (0.5, 7, None), (4.5, None, None), (1, 2, 0.3)),
)
KEYS = (
    *(0, -1, 7, "0", ":, 0", ":, -1", ":, 9", "...", "..., 0", "None", "None, ...", ":, None, 1:3", "1:", "1:,"),
    *("::2,", ":, ::-1", ":, 3:1", "..., ...", "0, 0, 0, 0", "0, ..., 1:, 2", ":, :, :, :", ":, 1:-1", "0, ..., 0, 0"),
)
PATTERNS = (
    *("a b c -> c b a", "a b c -> (a b) c", "a b c -> a (b c)", "a (b) c -> a b c", "a b c -> a d", "a b c"),
    *("(a b) c d -> a b c d", "a b c->a b c"),
)

CASES: dict[str, list[tuple[list[Any], dict[str, Any]]]] = {
    **{
        f"adaptive_{how}_pool": [
            ([shape], {"output_size": n, "data_format": "channels_first"})
            for shape, n in (((None, 3, 9), [2]), (IMAGE, [2, 3]), (IMAGE, [2]), ((None, 3, None, 5), [2, 3]))
        ]
        for how in ("average", "max")
    },
    "append": [
        ([(2, 3), (2, 4)], {"axis": 1}),
        ([(None, 3), (None, 4)], {"axis": -1}),
        ([(None, 3), (2, 3)], {"axis": 0}),
    ],
    "arange": [
        ([], {"start": a, "stop": b, "step": c, **d})
        for a, b, c in COUNTS
        for d in ({}, {"dtype": "float32"}, {"dtype": "int64"})
        if d.get("dtype") != "int64" or all(n is None or isinstance(n, int) for n in (a, b, c))
    ],
    "argmax": [([(None, 3)], {"axis": a, "keepdims": k}) for a in (0, -1, 2) for k in (True, False)],
    "array_split": [([(None, 7)], {"indices_or_sections": 3, "axis": a}) for a in (0, 1, -1, 2)]
    + [([(2, 7)], {"indices_or_sections": [2, 3], "axis": 1})],
    "average": [
        ([(None, 3), (3,)], {"axis": 1}),
        ([(None, 3), (None, 3)], {"axis": 1}),
        ([(None, 3), (None, 3)], {}),
        ([(None, 3), (3,)], {}),
        ([(None, 3), (4,)], {"axis": 1}),
        ([(None, 3), TensorType((3,), "float64")], {"axis": 1}),
    ],
    "batch_normalization": [
        ([(None, 3), (3,), (3,)], {"axis": -1}),
        ([(None, 3), (3,), (4,)], {"axis": -1}),
        ([(None, 3), (3,), (3,), (3,)], {"axis": -1}),
        ([(None, 3), (3,), (3,), (3,), (3,)], {"axis": 1}),
        ([(None, 3), (3,), (3,), (3,), (2,)], {"axis": 1}),
        ([(None, 3), (3,), (3,)], {"axis": 2}),
    ],
    "bincount": [([TensorType((None, 4), "int32")], {"weights": w}) for w in ([1, 2, 3, 4], [0.5, 1, 2, 3])],
    "broadcast_to": [
        ([(None, 1, 3)], {"shape": s}) for s in ([2, 4, 3], [5, 2, 4, 3], [None, 4, 3], [2, 4, 2], [3], [4])
    ],
    "cast": [([(None, 3)], {"dtype": d}) for d in ("int32", "bool", "float16", "complex64", "int")],
    "concatenate": [
        ([(None, 3), (None, 4)], {"axis": -1}),
        ([(None, 3), (None, 4)], {}),
        ([(None, 3), (2, 3), (1, 3)], {}),
        ([(None, None), (None, 4)], {"axis": 1}),
        ([(None, 3), (None, 3, 1)], {"axis": 1}),
        ([(None, 3), (None, 4)], {"axis": 2}),
        ([TensorType((2,), "int32"), TensorType((2,), "float16"), TensorType((2,), "bool")], {}),
    ],
    **{
        name: [
            ([image, kernel], {"strides": s, "padding": p, "dilation_rate": d, "data_format": f})
            for image in (IMAGE, (None, 4, 8, 6), (2, None, 7, 4))
            for kernel in ((3, 2, 4, 5), (3, 2, 3, 5), (9, 2, 4, 5))
            for s, d in ((1, 1), (2, 1), ([2, 1], 1), (1, [1, 2]), ([1, 2, 3], 1))
            for p in ("valid", "same")
            for f in (None, "channels_first")
        ]
        + [([(None, 9, 2), (4, 2, 3)], {"strides": 2}), ([(None, 9, 9, 9, 2), (4, 3, 2, 2, 3)], {})]
        + [([IMAGE, (3, 2, 4, 5)], {"strides": s, "dilation_rate": 2}) for s in (2, [2, 1])]
        for name in ("conv", "depthwise_conv")
    },
    "separable_conv": [
        ([IMAGE, (3, 3, 4, 2), (1, 1, 8, 5)], {"strides": 2, "padding": p, "data_format": f})
        for p in ("valid", "same")
        for f in ("channels_last", "channels_first")
    ],
    "conv_transpose": [
        ([image, (3, 2, 5, 4)], {"strides": s, "padding": p, "output_padding": o, "dilation_rate": d, "data_format": f})
        for image in (IMAGE, (None, 4, 8, None))
        for s, d in ((1, 1), (2, 1), ([3, 2], 1), (1, 2))
        for p in ("valid", "same")
        for o in (None, 1, [0, 1])
        for f in (None, "channels_first")
    ],
    "correlate": [([(5,), (3,)], {"mode": m}) for m in ("valid", "same", "full")] + [([(None,), (3,)], {})],
    "cross": [
        ([a, b], c)
        for a in ((None, 3), (None, 2), (3, None), (4, 5))
        for b in ((None, 3), (1, 2), (3, 7))
        for c in ({}, {"axis": 0}, {"axisa": 0, "axisc": 0}, {"axisc": 5}, {"axis": -1})
    ],
    "cumsum": [
        ([(None, 3)], c) for c in ({}, {"axis": 1}, {"axis": -3}, {"axis": 0, "dtype": "bool"}, {"dtype": "int8"})
    ],
    "depth_to_space": [
        ([(None, 4, None, 8)], {"block_size": b, "data_format": f})
        for b in (2, 3)
        for f in ("channels_last", "channels_first")
    ],
    "space_to_depth": [
        ([s], {"block_size": b, "data_format": f})
        for s in ((None, 4, None, 8), (None, 8, 4, 6))
        for b in (2, 3)
        for f in ("channels_last", "channels_first")
    ],
    "diag": [([s], {"k": k}) for s in ((3,), (None,), (3, 5), (None, 4), (2, 2, 2)) for k in (-4, -1, 0, 2, 6)],
    "diagflat": [([(2, 3)], {"k": 2}), ([(None,)], {"k": 1}), ([()], {"k": -1})],
    **{
        name: [
            ([(2, None, 4, 5)], {"offset": k, "axis1": a, "axis2": b})
            for k in (-3, 0, 2)
            for a, b in ((0, 1), (2, 3), (-1, 0), (1, -3), (0, 4))
        ]
        for name in ("diagonal", "trace")
    },
    "diff": [([(None, 4)], {"n": n, "axis": a}) for n in (0, 1, 9) for a in (-1, 0, 2)],
    "dot_product_attention": [([(None, 4, 2, 3)] * 3, {"attn_logits_soft_cap": 2.0})],
    "einsum": [
        ([(None, 3, 4), (4, 5)], {"subscripts": "...ij,jk->...ik"}),
        ([(None, 3, 4), (4, 5)], {"subscripts": "bij,jk"}),
        ([(2, 3), (3, 4)], {"subscripts": "ij,jk"}),
        ([(2, 3), (2, 3)], {"subscripts": "...,..."}),
        ([(None, 6, 7, 3), (5, 1, 7, 3)], {"subscripts": "b...c,k...c->bk..."}),
        ([(4, 4)], {"subscripts": "ii->i"}),
        ([(4, 4)], {"subscripts": "ii"}),
        ([(2, 3)], {"subscripts": "ij->ji"}),
        ([(2, 3)], {"subscripts": "ij->"}),
        ([(2, 3)], {"subscripts": "ijk->i"}),
        ([(2, 3)], {"subscripts": "i->i"}),
        ([(2, 3)], {"subscripts": "ij->ijk"}),
        ([(2, 3), (4, 5)], {"subscripts": "ij,jk->ik"}),
        ([(2, 3), (3, 5)], {"subscripts": "ij, jk -> ik"}),
        ([(2, 3), (3, 5)], {"subscripts": "ij->jk->ik"}),
        ([(2, 3), (3, 5)], {"subscripts": "ij,jk,kl->ik"}),
        ([(2, 3), (2, 3), (2, 3)], {"subscripts": "ij,ij,ik->jk"}),
        ([I8, I8], {"subscripts": "ij,jk->ik"}),
        ([I8, TensorType((3, 3), "int16")], {"subscripts": "ij,jk->ik"}),
    ],
    "expand_dims": [([(None, 3)], {"axis": a}) for a in (0, 1, 2, -1, -3, 3, -4, [0, 1], [0, -1], [1, 1])],
    "extract_sequences": [([(None, 9)], {"sequence_length": n, "sequence_stride": s}) for n in (3, 20) for s in (1, 2)],
    "eye": [([], {"N": 3, "M": m, "k": k, "dtype": "int32"}) for m in (None, 5) for k in (-4, -3, 0, 3, 5, 6)],
    "tri": [([], {"N": 3, "M": m, "k": k}) for m in (None, 5) for k in (-4, -1, 0, 2, 6)],
    **{name: [([(None, 3)], {"axis": a}) for a in (None, 0, [0, 1], -1, 2)] for name in ("flip",)},
    "fft": [([(None, 8)] * 2, {}), ([(None, 8), (None, 4)], {}), ([(8, None)] * 2, {}), ([(None, 8)] * 3, {})],
    "fold": [([(None, 12, 4)], {"output_size": o, "kernel_size": k}) for o in (4, [4, 5]) for k in (2, [2, 3], 5)],
    "unfold": [
        ([s], {"kernel_size": k, "stride": [2, 1], "padding": 1, "dilation": 1})
        for s in ((None, 3, 8, 8), (2, None, 8, 8))
        for k in (2, [2, 3], 11)
    ],
    "full": [([], {"shape": [2, 3], "fill_value": v, "dtype": d}) for v, d in ((1, None), (1, "int32"), (True, None))],
    "get_item": [([shape], {"key": key}) for shape in ((None, 5, 3), (4,), (), (None, None)) for key in KEYS],
    "glu": [([(None, 4)], {"axis": a}) for a in (0, 1, -1, 2)] + [([(None, 5)], {})],
    "histogram": [([(8,)], {"bins": 4, "range": r}) for r in (None, [0.0, 1.0], [2.0, 1.0])],
    "istft": [
        ([(None, 9, 5)] * 2, {"sequence_length": 6, "sequence_stride": 2, "fft_length": f, "length": n, "center": c})
        for f in (8, 7)
        for n in (None, 12)
        for c in (True, False)
    ]
    + [([(None, None, 5)] * 2, {"sequence_length": 6, "sequence_stride": 2, "fft_length": 8})],
    "stft": [
        ([(None, n)], {"sequence_length": 6, "sequence_stride": 2, "fft_length": f, "center": c})
        for n in (16, None, 4)
        for f in (8, 7)
        for c in (True, False)
    ],
    "linspace": [
        ([], {"start": a, "stop": 5, "num": n, **c})
        for a in (0, 0.5)
        for n in (1, 4)
        for c in ({}, {"dtype": "float16"}, {"dtype": "int32"}, {"retstep": True}, {"axis": -1}, {"axis": 1})
    ],
    "logspace": [([], {"start": 0, "stop": 5, "num": 3, **c}) for c in ({}, {"dtype": "float64"}, {"axis": 2})],
    "matmul": [
        ([a, b], {})
        for a in ((3,), (2, 3), (None, 2, 3), (7, 1, 2, 3), (None, None))
        for b in ((3,), (3, 4), (None, 3, 4), (5, 3, 4), (4, 3))
    ]
    + [([I8, I8], {}), ([I8, TensorType((3, 3), "float16")], {})],
    "meshgrid": [
        ([TensorType(s, "int32") for s in shapes], {"indexing": i})
        for shapes in ([(3,), (None,)], [(3,)], [(), (2, 2), (5,)])
        for i in ("xy", "ij")
    ],
    "max_pool": [
        ([s], {"pool_size": p, "strides": t, "padding": d, "data_format": f})
        for s in (IMAGE, (None, None, 3, 4))
        for p in (2, [3, 2], [4], [9, 9])
        for t in (None, 3, [1, 2])
        for d in ("valid", "same")
        for f in (None, "channels_first")
    ]
    + [([(None, 9, 4)], {"pool_size": p}) for p in (2, [2], [2, 2])],
    "moments": [([(None, 3, 4)], {"axes": a, "keepdims": k}) for a in (0, [0, 1], [-1], [3]) for k in (True, False)],
    "image.affine_transform": [
        ([(None, 8, 8, 3), (None, 8)], {"data_format": "channels_first"}),
        ([(8, 8, 3), (2, 3, 8)], {}),
        ([(None, 8, 8, 3)], {"transform": [1, 0, 2, 0, 1, 1, 0, 0]}),
    ],
    **{
        f"image.{verb}_images": [
            ([shape], {**given, "data_format": f})
            for shape in ((None, 8, 9, 3), (8, 9, 3), (None, 3, None, 8), (2, None, 9, 3))
            for f in FORMATS
            for given in (
                {f"top_{noun}": 1, f"bottom_{noun}": 2, f"left_{noun}": 0, f"right_{noun}": 3},
                {f"top_{noun}": 5, f"bottom_{noun}": 5, f"left_{noun}": 0, f"right_{noun}": 0},
                {f"top_{noun}": 1, "target_height": 6, f"left_{noun}": 1, "target_width": 12},
                {f"bottom_{noun}": 0, "target_height": 9, f"right_{noun}": 0, "target_width": 9},
                {f"bottom_{noun}": 1, "target_height": 7, f"right_{noun}": 1, "target_width": 8},
                {f"top_{noun}": 1, f"bottom_{noun}": 1, "target_height": 6, f"left_{noun}": 1, "target_width": 7},
                {f"top_{noun}": 1, "target_height": 6},
            )
        ]
        for verb, noun in (("crop", "cropping"), ("pad", "padding"))
    },
    **{
        f"image.{name}": [
            ([shape], {"size": s, "strides": t, "dilation_rate": d, "padding": p, "data_format": f})
            for shape in ((None, 8, 9, 7, 3), (None, 8, 9, 3), (8, 9, 3))
            for s in (3, [2, 3], [2, 3, 4], 9)
            for t, d in ((None, 1), (2, 1), (1, 2), ([1, 2], 1), (2, 2))
            for p in ("valid", "same")
            for f in FORMATS[:: 2 if name.endswith("3d") else 1]
            if not (name.endswith("3d") and (t == [1, 2] or s == [2, 3]))
        ]
        for name in ("extract_patches", "extract_patches_3d")
    },
    **{
        f"image.{name}": [
            ([TensorType(shape, dtype)], {"data_format": f})
            for shape in ((None, 8, 9, 3), (None, 3, 8, 9), (3, 8, 1), (8, 9, None), (None, None, None, 2))
            for dtype in ("float32", "float16", "uint8")
            for f in FORMATS
        ]
        for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb", "sobel_edges")
    },
    "image.map_coordinates": [([(None, 8, 3), (3, 5, 6)], {"order": 1}), ([(8, 9), (3, 5)], {"order": 0})],
    "image.perspective_transform": [
        ([(None, 8, 8, 3), a, b], {})
        for a in ((4, 2), (None, 4, 2), (4, 3))
        for b in ((4, 2), (None, 4, 2), (1, 1, 4, 2))
    ],
    "image.resize": [
        ([shape], {"size": [4, 6], "data_format": f, **more})
        for shape in ((None, 8, 9, 3), (None, None, 3), (8, 9), (1, 2, 3, 4, 5))
        for f in FORMATS
        for more in ({}, {"pad_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "crop_to_aspect_ratio": True})
    ],
    "image.scale_and_translate": [
        (
            [(None, 8, 9, 3)],
            {"output_shape": [None, 4, 6, 3], "spatial_dims": [1, 2], "method": "linear", "scale": s, "translation": t},
        )
        for s, t in (([0.5, 0.5], [0, 0]), ([1, 2], [0.5, 1]))
    ],
    "image.ssim": [
        ([(None, 12, 12, 3), (None, 12, 12, 3)], {"filter_size": 12}),
        ([(None, 12, 12, 3), (None, 12, 12, 3)], {"filter_size": 13}),
        ([(None, 3, 12, 12), (None, 3, 12, 12)], {"data_format": "channels_first"}),
        ([(12, 12, 3), (12, 12, 3)], {}),
        ([(12, 12), (12, 12)], {}),
    ],
    "moveaxis": [
        ([(2, 3, 4, 5)], {"source": s, "destination": d})
        for s, d in ((0, -1), (-1, 1), ([0, 1], [-1, -2]), ([0, 2], [1, 0]), ([0, 1], [2]), (4, 0), (0, 4))
    ],
    "multi_hot": [([s], {"num_classes": 5, "axis": a}) for s in (INTS, (3,), (2, 3, 4)) for a in (-1, 0, 1, 3)],
    "one_hot": [
        ([s], {"num_classes": 5, "axis": a, "dtype": d})
        for s in (INTS, ())
        for a in (-1, 0, 1, 2, -2)
        for d in (None, "bool")
    ],
    "norm": [
        ([(None, 3, 4)], {"ord": o, "axis": a, "keepdims": k})
        for o in (None, 1, 3, "fro", "nuc")
        for a in (None, 1, [1, 2], -1)
        for k in (True, False)
    ],
    "normalize": [([(None, 3)], {"axis": a}) for a in (1, [0, 1], 2)],
    "pad": [([(None, 3)], {"pad_width": w}) for w in (1, [1, 2], [[1, 2]], [[0, 0], [1, 2]], [[0, 0]] * 3)],
    **{
        name: [
            ([TensorType((None, 3, 4), d)], {"q": q, "axis": a, "keepdims": k})
            for q in (0.5, [0.5], [0.1, 0.9])
            for a in (None, 1, [0, -1], 3)
            for k in (True, False)
            for d in ("float16", "int32", "int64")
        ]
        for name in ("quantile", "percentile", "nanquantile", "nanpercentile")
    },
    "prod": [([(None, 3)], {"axis": 1, "dtype": "int16"})],
    "qr": [([(2, 5, 3)], {"mode": m}) for m in ("reduced", "complete")] + [([(None, 3)], {})],
    "rearrange": [([s], {"pattern": p}) for s in ((2, 3, 4), (None, 3, 4)) for p in PATTERNS],
    "repeat": [
        ([(None, 3)], {"repeats": r, "axis": a}) for r in (2, [2], [1, 2, 3], [1, 2]) for a in (None, 0, 1, -1, 2)
    ]
    + [([(2, 3)], {"repeats": r}) for r in (2, [1] * 6, [1, 2])],
    "reshape": [
        ([s], {"newshape": n})
        for s in ((2, 6), (None, 6), (0, 3))
        for n in (12, -1, [3, 4], [-1, 4], [5, -1], [5, 2], [-1, -1], [-2, 6], [None, 6], [], [0, -1])
    ],
    "rfft": [([(None, n)], {"fft_length": f}) for n in (8, 7, None) for f in (None, 6, 5)],
    "irfft": [([(None, n)] * 2, {"fft_length": f}) for n in (8, 7, None) for f in (None, 6)],
    "roll": [([(None, 3)], {"shift": s, "axis": a}) for s, a in ((1, None), (1, 1), ([1, 2], [0, 1]), (1, 2))],
    "rot90": [([(None, 3, 4)], {"k": k, "axes": a}) for k in (1, 2) for a in ([0, 1], [1, 2], [1, 1], [0, 3])],
    "scatter": [([TensorType((4, 2), "int32"), (4,)], {"shape": s}) for s in ([3, 3], [None, 3])],
    "searchsorted": [([(None,), (2, 3)], {}), ([(5,), (None, 3)], {}), ([(5, 2), (3,)], {})],
    "segment_sum": [([(4, 3), (4,)], {"num_segments": n}) for n in (None, 2)] + [([(4, 3), (5,)], {})],
    "slice": [
        ([(None, 5)], {"start_indices": a, "shape": b})
        for a, b in (
            ([0, 1], [2, 3]),
            ([0, 1], [-1, -1]),
            ([0, 7], [1, -1]),
            ([0], [1, 1]),
            ([0, 0], [1]),
            ([0, 0], [None, 2]),
        )
    ],
    "softmax": [([(None, 3)], {"axis": a}) for a in (-1, 1, [0, 1], 2)],
    "solve": [
        ([a, b], {}) for a in ((3, 3), (None, 3, 3), (2, 3)) for b in ((3,), (4,), (3, 2), (None, 3), (None, 3, 2), ())
    ],
    "sparse_categorical_crossentropy": [
        ([a, b], {"axis": x})
        for a in ((None,), (None, 1), (None, 3), (None, 4))
        for b in ((None, 3), (None, 3, 4))
        for x in (-1, 1, 3)
    ],
    **{
        name: [
            ([s], {"indices_or_sections": n, **a})
            for s in ((6, None), (None, 6), (None, 7, 6), (6,))
            for n in (2, 4, [1, 3], [3, 2], [8])
            for a in ([{"axis": x} for x in (0, 1, -1, 3)] if name == "split" else [{}])
        ]
        for name in ("split", "hsplit", "vsplit", "dsplit")
    },
    "squeeze": [([(None, 1, 3, 1)], {"axis": a}) for a in (None, 1, -1, [1, 3], 0, 2, 4, [1, 1])],
    "stack": [([(None, 3), (2, 3)], {"axis": a}) for a in (0, 1, 2, -1, 3)]
    + [([(2,), (3,)], {}), ([(2,), (2, 1)], {})],
    "sum": [
        ([(None, 3, 4)], {"axis": a, "keepdims": k})
        for a in (None, 0, -1, [0, 2], [1, -1], [], 3, [1, 1])
        for k in (True, False)
    ],
    "svd": [([(None, 5, 3)], {"full_matrices": f, "compute_uv": u}) for f in (True, False) for u in (True, False)],
    "swapaxes": [([(None, 3, 4)], {"axis1": a, "axis2": b}) for a in (0, -1, 3) for b in (1, -2)],
    "take": [([(None, 5, 3), i], {"axis": a}) for i in (INTS, TensorType((), "int32")) for a in (None, 0, 1, -1, 3)]
    + [([(None, 5)], {"indices": i, "axis": a}) for i in (2, [1, 2], [[1], [2]]) for a in (None, 1)],
    "take_along_axis": [
        ([(None, 5, 3), TensorType(i, "int32")], {"axis": a})
        for i in ((None, 2, 3), (1, 2, 1), (None, 2), (7,), (2, 2, 2))
        for a in (None, 1, -1, 3)
    ],
    "tensordot": [
        ([a, b], {"axes": x})
        for a in ((None, 3, 4), (4, 3))
        for b in ((3, 4, 5), (4, 3))
        for x in (0, 1, 2, 5, [[1], [0]], [[1, 2], [0, 1]], [[0], [0]], [1, 0], [[9], [0]])
    ],
    "tile": [([(None, 3)], {"repeats": r}) for r in (2, [2], [1, 2], [4, 1, 2], 0)],
    "top_k": [([s], {"k": 2}) for s in ((None, 5), (None,), (), (1,))],
    "transpose": [
        ([(None, 3, 4)], {"axes": a}) for a in (None, [0, 2, 1], [-1, 0, 1], [0, 1], [0, 1, 1], [0, 1, 3], [0, 1, -1])
    ],
    "unique": [
        ([(4, 3)], {"return_index": i, "return_inverse": v, "return_counts": i, "axis": a, "size": s})
        for i in (True, False)
        for v in (True, False)
        for a in (None, 1, -2, 2)
        for s in (None, 7)
    ],
    "unravel_index": [([INTS], {"shape": s}) for s in ([3, 4], [None, 4])],
    "unstack": [([(None, 3)], {"axis": a, "num": n}) for a in (0, 1, -1, 2) for n in (None, 3)],
    "vander": [([(4,)], {"N": n}) for n in (None, 2, 0)] + [([(None,)], {}), ([(2, 2)], {})],
    "view": [
        ([TensorType(s, a)], {"dtype": b})
        for s in ((None, 3), (None, None), (4,), ())
        for a in ("float32", "int8", "float16", "complex64", "bool")
        for b in ("int8", "int32", "float64", None, "bfloat16")
    ],
    "where": [
        ([(None, 1), (3,), (None, 3)], {}),
        ([(None, 2), (3,), (None, 3)], {}),
        ([(None, 2), (1,)], {"x1": 2}),
        ([(None, 2)], {"x1": 2, "x2": 0.5}),
        ([(None, 2), (1,)], {}),
        ([(None, 2)], {}),
    ],
}
