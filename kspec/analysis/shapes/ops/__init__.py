"""The rule of each op, one file a family; a file is imported when one of its ops is met."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "elementwise": (
        "abs absolute add allclose angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh array "
        "bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor "
        "cast cbrt ceil celu clip conj conjugate convert_to_tensor copy corrcoef cos cosh deg2rad divide "
        "divide_no_nan elu empty_like equal erf erfc erfinv exp exp2 expm1 fabs floor floor_divide fmax fmin "
        "fmod full_like gcd gelu glu greater greater_equal hard_shrink hard_sigmoid hard_silu hard_tanh "
        "heaviside hypot i0 imag isclose isfinite isin isinf isnan isneginf isposinf isreal lcm ldexp "
        "leaky_relu left_shift less less_equal log log10 log1p log2 log_sigmoid log_softmax logaddexp "
        "logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum mod multiply nan_to_num "
        "negative nextafter normalize not_equal ones_like polar power rad2deg real reciprocal relu relu6 "
        "right_shift round rsqrt saturate_cast selu sigmoid sign signbit silu sin sinc sinh soft_shrink "
        "softmax softplus softsign sparse_plus sparse_sigmoid sparsemax sqrt square squareplus stop_gradient "
        "subtract tan tanh tanh_shrink threshold tril triu true_divide trunc where zeros_like"
    ),
    "reductions": (
        "all amax amin any argmax argmin argpartition argsort average count_nonzero cumprod cumsum diff "
        "histogram logsumexp max mean median min moments nanargmax nanargmin nancumprod nancumsum nanmax "
        "nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar norm percentile prod "
        "ptp quantile segment_max segment_min segment_prod segment_sum sort std sum top_k trapezoid var"
    ),
    "reshaping": (
        "broadcast_to diag diagflat diagonal expand_dims flip fliplr flipud moveaxis pad ravel rearrange "
        "repeat reshape roll rot90 squeeze swapaxes tile trace transpose vander view"
    ),
    "joining": (
        "append array_split concatenate dsplit dstack hsplit hstack meshgrid select split stack unstack vsplit vstack"
    ),
    "indexing": (
        "bincount digitize get_item in_top_k multi_hot nonzero one_hot scatter scatter_update searchsorted "
        "slice slice_update take take_along_axis unique unravel_index"
    ),
    "products": "cdist correlate cross dot inner kron matmul outer tensordot vdot",
    "einsum": "einsum",
    "linear_algebra": (
        "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank pinv qr slogdet solve "
        "solve_triangular svd"
    ),
    "creation": (
        "arange bartlett blackman empty eye full geomspace hamming hanning identity kaiser linspace logspace "
        "ones tri zeros"
    ),
    "convolution": (
        "adaptive_average_pool adaptive_max_pool average_pool conv conv_transpose depth_to_space "
        "depthwise_conv fold max_pool separable_conv space_to_depth unfold"
    ),
    "nn": (
        "batch_normalization binary_crossentropy categorical_crossentropy ctc_decode ctc_loss "
        "dot_product_attention layer_normalization psnr rms_normalization sparse_categorical_crossentropy"
    ),
    "image": (
        "image.affine_transform image.crop_images image.elastic_transform image.extract_patches "
        "image.extract_patches_3d image.gaussian_blur image.hsv_to_rgb image.map_coordinates image.pad_images "
        "image.perspective_transform image.resize image.rgb_to_grayscale image.rgb_to_hsv image.scale_and_translate "
        "image.sobel_edges image.ssim"
    ),
    "signal": "extract_sequences fft fft2 ifft2 irfft istft rfft stft view_as_complex view_as_real",
}
"""Module here → the ops whose rules it holds, in a dict `RULES` of op name → function."""

HOMES: dict[str, str] = {name: module for module, names in FAMILIES.items() for name in names.split()}
"""Op → the module here that holds its rule."""
