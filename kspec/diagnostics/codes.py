"""The registry of rules: every code that kspec reports, with its name, usual severity and whether it has a fix.

A rule is a string, its code, so that it compares, sorts and serialises as `KS201`. Its page is `pages/<code>.md`, which
`kspec explain` prints. Families are `KS0` syntax, `KS1` structure and arguments, `KS2` graph, `KS3` shapes,
`KS4` semantics, `KS5` data, `KS6` run, `KS7` trust. A code never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from kspec.diagnostics.severity import Severity

Fixable = Literal["always", "sometimes", "never"]
"""How often the diagnostics of a rule carry edits for `kspec check --fix`."""

RULES: dict[str, Rule] = {}
"""Every rule by its code."""


class Rule(str):
    """A code, with what is fixed about it.

    Args:
        code: `KS201`.
        name: Kebab-case, unique: `unknown-node`.
        severity: The usual one; some diagnostics of the rule are more or less severe.
        fixable: How often its diagnostics carry edits.
    """

    __slots__ = ("fixable", "name", "severity")
    name: str
    severity: Severity
    fixable: Fixable

    def __new__(cls, code: str, name: str, severity: Severity, fixable: Fixable) -> Rule:
        rule = super().__new__(cls, code)
        rule.name, rule.severity, rule.fixable = name, severity, fixable
        RULES[code] = rule
        return rule

    def __reduce__(self) -> tuple[Callable[[str], Rule], tuple[str]]:
        return find, (str(self),)


def find(code: str) -> Rule:
    """The rule of a code."""
    return RULES[code]


def matches(prefix: str) -> bool:
    """Whether some code starts with this: `KS403`, `KS4`; `KS` alone for all of them."""
    return prefix.startswith("KS") and any(code.startswith(prefix) for code in RULES)


# KS0: syntax
TAB_INDENTATION = Rule("KS001", "tab-indentation", Severity.ERROR, "never")
INVALID_YAML = Rule("KS002", "invalid-yaml", Severity.ERROR, "sometimes")
DUPLICATE_KEY = Rule("KS003", "duplicate-key", Severity.ERROR, "never")
INVALID_ALIAS = Rule("KS004", "invalid-alias", Severity.ERROR, "never")
INVALID_KEY = Rule("KS005", "invalid-key", Severity.ERROR, "never")
SPEC_TOO_LARGE = Rule("KS006", "spec-too-large", Severity.ERROR, "never")
UNSUPPORTED_YAML_FEATURE = Rule("KS007", "unsupported-yaml-feature", Severity.ERROR, "never")
MULTIPLE_DOCUMENTS = Rule("KS008", "multiple-documents", Severity.ERROR, "never")
UNQUOTED_EXPRESSION = Rule("KS009", "unquoted-expression", Severity.ERROR, "sometimes")
UNREADABLE_FILE = Rule("KS010", "unreadable-file", Severity.ERROR, "never")
NOT_UTF8_TEXT = Rule("KS011", "not-utf8-text", Severity.ERROR, "never")
EMPTY_SPEC = Rule("KS012", "empty-spec", Severity.ERROR, "never")
UNDEFINED_VARIABLE = Rule("KS013", "undefined-variable", Severity.ERROR, "sometimes")
INVALID_EXPRESSION = Rule("KS014", "invalid-expression", Severity.ERROR, "never")
INVALID_OVERRIDE = Rule("KS015", "invalid-override", Severity.ERROR, "never")
INVALID_CONFIG_SETTING = Rule("KS016", "invalid-config-setting", Severity.ERROR, "never")
UNUSED_IGNORE_COMMENT = Rule("KS017", "unused-ignore-comment", Severity.WARNING, "sometimes")

# KS1: structure and arguments
UNKNOWN_KEY = Rule("KS101", "unknown-key", Severity.ERROR, "sometimes")
MISSING_KEY = Rule("KS102", "missing-key", Severity.ERROR, "never")
INVALID_VALUE = Rule("KS103", "invalid-value", Severity.ERROR, "sometimes")
MALFORMED_ENTRY = Rule("KS104", "malformed-entry", Severity.ERROR, "sometimes")
POSITIONAL_ARGUMENT = Rule("KS105", "positional-argument", Severity.ERROR, "never")
UNKNOWN_OBJECT = Rule("KS106", "unknown-object", Severity.ERROR, "sometimes")
RESERVED_KEY = Rule("KS107", "reserved-key", Severity.ERROR, "never")
UNSUPPORTED_OBJECT = Rule("KS108", "unsupported-object", Severity.ERROR, "never")
INVALID_NAME = Rule("KS109", "invalid-name", Severity.ERROR, "never")
UNKNOWN_ARGUMENT = Rule("KS110", "unknown-argument", Severity.ERROR, "sometimes")
MISSING_ARGUMENT = Rule("KS111", "missing-argument", Severity.ERROR, "never")
INVALID_ARGUMENT_VALUE = Rule("KS112", "invalid-argument-value", Severity.ERROR, "sometimes")
MISPLACED_ENTRY_KEY = Rule("KS113", "misplaced-entry-key", Severity.ERROR, "never")
UNDECLARED_EXTENSION = Rule("KS114", "undeclared-extension", Severity.ERROR, "never")

# KS2: graph
UNKNOWN_NODE = Rule("KS201", "unknown-node", Severity.ERROR, "sometimes")
FORWARD_REFERENCE = Rule("KS202", "forward-reference", Severity.ERROR, "never")
DUPLICATE_NAME = Rule("KS203", "duplicate-name", Severity.ERROR, "never")
AMBIGUOUS_FIRST_INPUT = Rule("KS204", "ambiguous-first-input", Severity.ERROR, "never")
UNKNOWN_TENSOR_ARGUMENT = Rule("KS205", "unknown-tensor-argument", Severity.ERROR, "sometimes")
WRONG_INPUT_COUNT = Rule("KS206", "wrong-input-count", Severity.ERROR, "never")
UNUSED_NODE = Rule("KS207", "unused-node", Severity.WARNING, "never")
UNUSED_INPUT = Rule("KS208", "unused-input", Severity.WARNING, "never")
WRONG_OUTPUT_COUNT = Rule("KS210", "wrong-output-count", Severity.ERROR, "never")
INVALID_LAYER_REUSE = Rule("KS211", "invalid-layer-reuse", Severity.ERROR, "never")
NO_INPUT_DEPENDENCY = Rule("KS212", "no-input-dependency", Severity.ERROR, "never")
AUTOMATIC_NAME_REFERENCE = Rule("KS213", "automatic-name-reference", Severity.WARNING, "sometimes")
OUTPUT_NAME_CONFLICT = Rule("KS214", "output-name-conflict", Severity.ERROR, "never")
UNKNOWN_OUTPUT = Rule("KS215", "unknown-output", Severity.ERROR, "sometimes")
UNKNOWN_CALL_ARGUMENT = Rule("KS216", "unknown-call-argument", Severity.ERROR, "sometimes")
INVALID_CLASS_WEIGHT = Rule("KS217", "invalid-class-weight", Severity.ERROR, "sometimes")
UNKNOWN_BLOCK = Rule("KS218", "unknown-block", Severity.ERROR, "sometimes")
INVALID_BLOCK_ARGUMENTS = Rule("KS219", "invalid-block-arguments", Severity.ERROR, "sometimes")
RECURSIVE_BLOCK = Rule("KS220", "recursive-block", Severity.ERROR, "never")
INVALID_EXPANSION = Rule("KS221", "invalid-expansion", Severity.ERROR, "never")
UNUSED_BLOCK = Rule("KS222", "unused-block", Severity.WARNING, "never")
INVALID_INCLUDE = Rule("KS223", "invalid-include", Severity.ERROR, "never")
UNUSED_BLOCK_PARAMETER = Rule("KS224", "unused-block-parameter", Severity.WARNING, "never")
UNADAPTED_SUBMODEL_LAYER = Rule("KS226", "unadapted-submodel-layer", Severity.ERROR, "never")
UNLEARNABLE_STATISTICS = Rule("KS227", "unlearnable-statistics", Severity.ERROR, "never")
UNKNOWN_SIZE = Rule("KS229", "unknown-size", Severity.ERROR, "never")

# KS3: shapes
REJECTED_BY_KERAS = Rule("KS301", "rejected-by-keras", Severity.ERROR, "never")
INCOMPATIBLE_ARGUMENTS = Rule("KS302", "incompatible-arguments", Severity.ERROR, "never")
DIMENSION_COLLAPSE = Rule("KS303", "dimension-collapse", Severity.ERROR, "never")

# KS4: semantics
UNCLEAR_TASK = Rule("KS401", "unclear-task", Severity.ERROR, "never")
SOFTMAX_ON_ONE_UNIT = Rule("KS402", "softmax-on-one-unit", Severity.ERROR, "sometimes")
MISMATCHED_CROSSENTROPY = Rule("KS403", "mismatched-crossentropy", Severity.WARNING, "sometimes")
ACTIVATION_WITH_LOGITS = Rule("KS404", "activation-with-logits", Severity.ERROR, "sometimes")
LOSS_NEEDS_PROBABILITIES = Rule("KS405", "loss-needs-probabilities", Severity.ERROR, "sometimes")
BOUNDED_REGRESSION_OUTPUT = Rule("KS406", "bounded-regression-output", Severity.WARNING, "sometimes")
UNITS_TARGET_MISMATCH = Rule("KS407", "units-target-mismatch", Severity.ERROR, "sometimes")
TASK_OUTPUT_MISMATCH = Rule("KS408", "task-output-mismatch", Severity.ERROR, "sometimes")
PREDICTION_PER_POSITION = Rule("KS409", "prediction-per-position", Severity.WARNING, "sometimes")
LAYER_FOR_OP = Rule("KS410", "layer-for-op", Severity.INFO, "never")
TARGET_ENCODING_MISMATCH = Rule("KS411", "target-encoding-mismatch", Severity.ERROR, "sometimes")
ACCURACY_OF_REGRESSION = Rule("KS412", "accuracy-of-regression", Severity.WARNING, "sometimes")
METRIC_OUTPUT_MISMATCH = Rule("KS413", "metric-output-mismatch", Severity.ERROR, "sometimes")
UNKNOWN_MONITOR = Rule("KS414", "unknown-monitor", Severity.ERROR, "sometimes")
BEST_WEIGHTS_WITHOUT_VALIDATION = Rule("KS415", "best-weights-without-validation", Severity.WARNING, "never")
OVERSIZED_BATCH = Rule("KS416", "oversized-batch", Severity.WARNING, "sometimes")
CLASS_MISSING_IN_SPLIT = Rule("KS417", "class-missing-in-split", Severity.WARNING, "sometimes")
TRAIN_TEST_OVERLAP = Rule("KS418", "train-test-overlap", Severity.WARNING, "never")
UNSCALED_COLUMNS = Rule("KS419", "unscaled-columns", Severity.WARNING, "sometimes")
NOISE_AFTER_OUTPUT = Rule("KS420", "noise-after-output", Severity.WARNING, "never")
REPEATED_ACTIVATION = Rule("KS421", "repeated-activation", Severity.WARNING, "sometimes")
COLLAPSED_FEATURE_MAP = Rule("KS422", "collapsed-feature-map", Severity.WARNING, "never")
INVALID_EMBEDDING_INDEX = Rule("KS423", "invalid-embedding-index", Severity.ERROR, "sometimes")
AMBIGUOUS_MONITOR_MODE = Rule("KS424", "ambiguous-monitor-mode", Severity.ERROR, "sometimes")
STAGE_WITHOUT_TRAINABLE_WEIGHTS = Rule("KS425", "stage-without-trainable-weights", Severity.ERROR, "never")
REDUNDANT_TRAINING_STAGE = Rule("KS426", "redundant-training-stage", Severity.WARNING, "never")
FIXED_BATCH_MISMATCH = Rule("KS427", "fixed-batch-mismatch", Severity.ERROR, "sometimes")
INEFFECTIVE_TRAINING_ARGUMENT = Rule("KS428", "ineffective-training-argument", Severity.WARNING, "never")
HINGE_OF_NON_NEGATIVE_OUTPUT = Rule("KS429", "hinge-of-non-negative-output", Severity.WARNING, "sometimes")
ACCURACY_OF_LABELS = Rule("KS430", "accuracy-of-labels", Severity.WARNING, "sometimes")
INEFFECTIVE_THRESHOLD = Rule("KS431", "ineffective-threshold", Severity.WARNING, "never")
LOSS_OUTPUT_MISMATCH = Rule("KS432", "loss-output-mismatch", Severity.WARNING, "sometimes")
CONFLICTING_OPTIONS = Rule("KS434", "conflicting-options", Severity.ERROR, "sometimes")
LOG_NAME_CONFLICT = Rule("KS435", "log-name-conflict", Severity.ERROR, "never")
MISSING_PACKAGE = Rule("KS436", "missing-package", Severity.ERROR, "never")
BACKUP_WITHOUT_RESUME = Rule("KS437", "backup-without-resume", Severity.ERROR, "never")
INEFFECTIVE_OPTION = Rule("KS438", "ineffective-option", Severity.WARNING, "sometimes")
NO_VALUE_PER_EXAMPLE = Rule("KS439", "no-value-per-example", Severity.ERROR, "never")

# KS5: data
UNREADABLE_DATA = Rule("KS501", "unreadable-data", Severity.ERROR, "sometimes")
UNKNOWN_COLUMN = Rule("KS502", "unknown-column", Severity.ERROR, "sometimes")
MISSING_VALUES = Rule("KS503", "missing-values", Severity.ERROR, "never")
MALFORMED_DATA_FILE = Rule("KS504", "malformed-data-file", Severity.ERROR, "never")
DATA_SHAPE_MISMATCH = Rule("KS505", "data-shape-mismatch", Severity.ERROR, "never")
EMPTY_SPLIT = Rule("KS506", "empty-split", Severity.ERROR, "never")
CLASS_UNSEEN_IN_TRAINING = Rule("KS507", "class-unseen-in-training", Severity.WARNING, "never")
INCOMPATIBLE_DATA_TYPE = Rule("KS508", "incompatible-data-type", Severity.ERROR, "never")
MISSING_COLUMN_MAPPING = Rule("KS509", "missing-column-mapping", Severity.ERROR, "sometimes")
SIZE_WITHOUT_DATA = Rule("KS510", "size-without-data", Severity.ERROR, "never")
NON_FINITE_VALUES = Rule("KS511", "non-finite-values", Severity.ERROR, "never")
INVALID_SAMPLE_WEIGHTS = Rule("KS512", "invalid-sample-weights", Severity.ERROR, "never")
INVALID_IMPUTATION = Rule("KS513", "invalid-imputation", Severity.ERROR, "never")
INVALID_SPLIT_COLUMN = Rule("KS514", "invalid-split-column", Severity.ERROR, "never")
TARGET_LEAKAGE = Rule("KS515", "target-leakage", Severity.WARNING, "never")
UNDECODABLE_IMAGE = Rule("KS516", "undecodable-image", Severity.ERROR, "never")
UNKNOWN_LABEL = Rule("KS517", "unknown-label", Severity.ERROR, "never")
SINGLE_CLASS_TARGET = Rule("KS518", "single-class-target", Severity.WARNING, "never")
RESHAPED_TARGET = Rule("KS519", "reshaped-target", Severity.INFO, "never")
FILES_LEFT_OUT = Rule("KS521", "files-left-out", Severity.WARNING, "never")
MISMATCHED_VECTORS = Rule("KS526", "mismatched-vectors", Severity.ERROR, "never")
UNREADABLE_VECTORS = Rule("KS527", "unreadable-vectors", Severity.ERROR, "never")
DATA_TOO_LARGE = Rule("KS530", "data-too-large", Severity.ERROR, "never")
DATA_GROWS = Rule("KS531", "data-grows", Severity.ERROR, "never")
TOO_MANY_COLUMNS = Rule("KS532", "too-many-columns", Severity.ERROR, "never")
TOO_MANY_FILES = Rule("KS533", "too-many-files", Severity.ERROR, "never")
IMAGE_TOO_LARGE = Rule("KS534", "image-too-large", Severity.ERROR, "never")
TARGET_COPY = Rule("KS535", "target-copy", Severity.WARNING, "never")
IDENTIFIER_INPUT = Rule("KS536", "identifier-input", Severity.WARNING, "never")
CONSTANT_COLUMN = Rule("KS537", "constant-column", Severity.INFO, "never")
OUTLIERS = Rule("KS538", "outliers", Severity.INFO, "never")
SPLIT_DRIFT = Rule("KS539", "split-drift", Severity.INFO, "never")
INVALID_DATA_EXPRESSION = Rule("KS540", "invalid-data-expression", Severity.ERROR, "never")
EXPRESSION_OVER_ROWS = Rule("KS541", "expression-over-rows", Severity.ERROR, "never")
UNREPEATABLE_EXPRESSION = Rule("KS542", "unrepeatable-expression", Severity.ERROR, "never")
FAILED_EXPRESSION = Rule("KS543", "failed-expression", Severity.ERROR, "never")
REDEFINED_COLUMN = Rule("KS544", "redefined-column", Severity.ERROR, "never")
SHEET_BY_DEFAULT = Rule("KS545", "sheet-by-default", Severity.WARNING, "never")
DATA_IN_HEADER = Rule("KS550", "data-in-header", Severity.WARNING, "never")
INVALID_QUERY = Rule("KS551", "invalid-query", Severity.ERROR, "never")
DATABASE_UNAVAILABLE = Rule("KS552", "database-unavailable", Severity.ERROR, "never")
PASSWORD_IN_SPEC = Rule("KS553", "password-in-spec", Severity.ERROR, "never")
UNRELATED_FILES = Rule("KS554", "unrelated-files", Severity.ERROR, "never")
UNDECODABLE_FILE = Rule("KS555", "undecodable-file", Severity.ERROR, "never")
DIFFERENT_SAMPLE_RATES = Rule("KS556", "different-sample-rates", Severity.ERROR, "never")
INVALID_MASK = Rule("KS557", "invalid-mask", Severity.ERROR, "never")
UNSEEN_GAPS = Rule("KS558", "unseen-gaps", Severity.WARNING, "never")
UNPAIRED_LISTS = Rule("KS559", "unpaired-lists", Severity.WARNING, "never")
INVALID_TIMES = Rule("KS560", "invalid-times", Severity.ERROR, "never")
SHUFFLED_SERIES = Rule("KS561", "shuffled-series", Severity.WARNING, "never")
UNSCALABLE_TARGET = Rule("KS562", "unscalable-target", Severity.ERROR, "sometimes")
UNBALANCEABLE_TARGET = Rule("KS563", "unbalanceable-target", Severity.ERROR, "never")
TOO_MANY_FOLDS = Rule("KS564", "too-many-folds", Severity.ERROR, "never")
CLASSES_BALANCED_TWICE = Rule("KS565", "classes-balanced-twice", Severity.WARNING, "never")
DISK_FULL = Rule("KS566", "disk-full", Severity.ERROR, "never")
DATA_NOT_STORED = Rule("KS567", "data-not-stored", Severity.WARNING, "never")
HOLES_IN_TIME = Rule("KS569", "holes-in-time", Severity.INFO, "never")
WINDOW_SHAPE = Rule("KS570", "window-shape", Severity.ERROR, "sometimes")
WINDOWS_IN_TWO_SPLITS = Rule("KS571", "windows-in-two-splits", Severity.ERROR, "sometimes")
WINDOW_TOO_LONG = Rule("KS572", "window-too-long", Severity.ERROR, "never")
REPEATED_TIMES = Rule("KS573", "repeated-times", Severity.ERROR, "never")
TIME_STEP_MISMATCH = Rule("KS574", "time-step-mismatch", Severity.ERROR, "never")
TARGET_IN_SIGHT = Rule("KS575", "target-in-sight", Severity.WARNING, "never")
INVALID_REPEATS = Rule("KS576", "invalid-repeats", Severity.ERROR, "never")
LIST_LENGTH = Rule("KS577", "list-length", Severity.ERROR, "sometimes")
TARGET_LAYER = Rule("KS578", "target-layer", Severity.ERROR, "never")
LABELS_LONGER_THAN_STEPS = Rule("KS579", "labels-longer-than-steps", Severity.ERROR, "never")

# KS6: run
UNSUPPORTED_IN_PYTHON = Rule("KS620", "unsupported-in-python", Severity.ERROR, "never")
UNTRAINED_EXPORT = Rule("KS621", "untrained-export", Severity.ERROR, "never")
UNSUPPORTED_BY_FORMAT = Rule("KS622", "unsupported-by-format", Severity.ERROR, "never")
FIXED_ON_RESUME = Rule("KS624", "fixed-on-resume", Severity.ERROR, "never")
DATA_CHANGED = Rule("KS625", "data-changed", Severity.ERROR, "never")
OVER_BUDGET = Rule("KS626", "over-budget", Severity.ERROR, "never")
SWEEP_GOAL = Rule("KS630", "sweep-goal", Severity.ERROR, "sometimes")
SWEEP_WITHOUT_VALIDATION = Rule("KS631", "sweep-without-validation", Severity.ERROR, "never")
UNSUITABLE_SEARCH = Rule("KS632", "unsuitable-search", Severity.ERROR, "never")
SWEEP_RANGE = Rule("KS633", "sweep-range", Severity.ERROR, "never")
INFEASIBLE_POINTS = Rule("KS634", "infeasible-points", Severity.WARNING, "never")
UNREACHABLE_CLUSTER = Rule("KS638", "unreachable-cluster", Severity.ERROR, "never")
WORKER_ENVIRONMENT = Rule("KS639", "worker-environment", Severity.ERROR, "never")
CLUSTER_TOO_SMALL = Rule("KS640", "cluster-too-small", Severity.ERROR, "never")
FILES_TOO_LARGE = Rule("KS641", "files-too-large", Severity.ERROR, "never")
SMALL_BATCH_FOR_WORKERS = Rule("KS642", "small-batch-for-workers", Severity.ERROR, "never")
UNSUPPORTED_BY_WORKERS = Rule("KS643", "unsupported-by-workers", Severity.ERROR, "never")
MIXED_EXAMPLES = Rule("KS644", "mixed-examples", Severity.ERROR, "never")
UNKNOWN_TO_WORKERS = Rule("KS645", "unknown-to-workers", Severity.WARNING, "never")
UNEQUAL_VALIDATION = Rule("KS646", "unequal-validation", Severity.WARNING, "never")
SWEEP_DOUBT = Rule("KS647", "sweep-doubt", Severity.WARNING, "never")
BEYOND_TRAINING_RANGE = Rule("KS653", "beyond-training-range", Severity.WARNING, "never")
UNSEEN_CATEGORY = Rule("KS654", "unseen-category", Severity.WARNING, "never")
DRIFTED_COLUMN = Rule("KS655", "drifted-column", Severity.WARNING, "never")

# KS7: trust
PATH_OUTSIDE_FOLDER = Rule("KS701", "path-outside-folder", Severity.ERROR, "never")
NETWORK_ACCESS = Rule("KS702", "network-access", Severity.ERROR, "never")
UNTRUSTED_EXTENSION = Rule("KS703", "untrusted-extension", Severity.ERROR, "never")
UNREADABLE_MODEL_FILE = Rule("KS710", "unreadable-model-file", Severity.ERROR, "never")
UNSAFE_MODEL_FILE = Rule("KS711", "unsafe-model-file", Severity.ERROR, "never")
MODEL_CONTAINS_CODE = Rule("KS712", "model-contains-code", Severity.ERROR, "never")
UNSUPPORTED_MODEL_FEATURE = Rule("KS713", "unsupported-model-feature", Severity.ERROR, "never")
MODEL_WEIGHTS_MISMATCH = Rule("KS714", "model-weights-mismatch", Severity.ERROR, "never")
TRACKER_UNAVAILABLE = Rule("KS715", "tracker-unavailable", Severity.WARNING, "never")
UNKNOWN_TRACKER = Rule("KS716", "unknown-tracker", Severity.ERROR, "never")
