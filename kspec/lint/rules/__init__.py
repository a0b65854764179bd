"""The rules, one file each: a function of the same name that looks at the whole spec and reports what it finds.

A new rule is a new file here and a line below. Rules of words look at what is written; rules of meaning come after
shapes are known and defaults are filled in (`checker.types`, `checker.settings`), and those of them that look at data
stay silent where no profile is at hand (`checker.profile`).
"""

from collections.abc import Callable

from kspec.lint.argument_check import Checker
from kspec.lint.rules.accuracy_of_regression import accuracy_of_regression
from kspec.lint.rules.activation_and_crossentropy import activation_and_crossentropy
from kspec.lint.rules.activation_and_logits import activation_and_logits
from kspec.lint.rules.adapt_in_submodel import adapted_in_model
from kspec.lint.rules.applications import applications
from kspec.lint.rules.batch_size import batch_size
from kspec.lint.rules.best_weights import best_weights
from kspec.lint.rules.bounded_regression import bounded_regression
from kspec.lint.rules.call_constants import call_constants
from kspec.lint.rules.callback_monitor import monitored
from kspec.lint.rules.callbacks import callbacks
from kspec.lint.rules.class_weight import class_weight
from kspec.lint.rules.collapsed_dims import vanished_size
from kspec.lint.rules.dtypes import dtypes
from kspec.lint.rules.embedding_range import embedding_range
from kspec.lint.rules.fixed_batch import fixed_batch
from kspec.lint.rules.initial_weights import initial_weights
from kspec.lint.rules.layer_after_output import noise_after_answer
from kspec.lint.rules.layer_for_op import layer_for_op
from kspec.lint.rules.loss_needs_probabilities import loss_needs_probabilities
from kspec.lint.rules.metric_and_target import metric_and_target
from kspec.lint.rules.node_arguments import node_arguments
from kspec.lint.rules.output_paths import written_files
from kspec.lint.rules.per_position_output import answer_per_position
from kspec.lint.rules.redundant_activation import activation_twice
from kspec.lint.rules.repeated_rows import repeated_rows
from kspec.lint.rules.softmax_on_one_unit import softmax_on_one_unit
from kspec.lint.rules.split_class_coverage import classes_of_parts
from kspec.lint.rules.stages import stages
from kspec.lint.rules.target_form import target_form
from kspec.lint.rules.task_and_output import task_and_output
from kspec.lint.rules.training_argument import training_of_a_call
from kspec.lint.rules.training_objects import training_objects
from kspec.lint.rules.units_and_target import units_and_target
from kspec.lint.rules.unscaled_features import scales

Rule = Callable[[Checker], None]

SYNTACTIC_RULES_OF_NETWORKS: tuple[Rule, ...] = (node_arguments, call_constants, layer_for_op, adapted_in_model)
"""Rules on each network, those of sub-models too."""
SYNTACTIC_RULES: tuple[Rule, ...] = (
    *SYNTACTIC_RULES_OF_NETWORKS,
    dtypes,
    training_objects,
    callbacks,
    written_files,
    initial_weights,
    applications,
    fixed_batch,
)
SEMANTIC_RULES_OF_NETWORKS: tuple[Rule, ...] = (activation_twice, vanished_size, training_of_a_call)
SEMANTIC_RULES: tuple[Rule, ...] = (
    softmax_on_one_unit,
    activation_and_crossentropy,
    activation_and_logits,
    loss_needs_probabilities,
    bounded_regression,
    units_and_target,
    task_and_output,
    answer_per_position,
    target_form,
    accuracy_of_regression,
    metric_and_target,
    monitored,
    best_weights,
    batch_size,
    classes_of_parts,
    repeated_rows,
    scales,
    noise_after_answer,
    *SEMANTIC_RULES_OF_NETWORKS,
    embedding_range,
    class_weight,
    stages,
)
