"""The rules, one file each: a function of the same name that looks at the whole spec and reports what it finds.

A new rule is a new file here and a line below. Rules of words look at what is written; rules of meaning come after
shapes are known and defaults are filled in (`checker.types`, `checker.settings`), and those of them that look at data
stay silent where no profile is at hand (`checker.profile`).
"""

from collections.abc import Callable

from kspec.checker.rules.accuracy_of_regression import accuracy_of_regression
from kspec.checker.rules.activation_and_crossentropy import activation_and_crossentropy
from kspec.checker.rules.activation_and_logits import activation_and_logits
from kspec.checker.rules.activation_twice import activation_twice
from kspec.checker.rules.adapted_in_model import adapted_in_model
from kspec.checker.rules.answer_per_position import answer_per_position
from kspec.checker.rules.applications import applications
from kspec.checker.rules.batch_size import batch_size
from kspec.checker.rules.best_weights import best_weights
from kspec.checker.rules.bounded_regression import bounded_regression
from kspec.checker.rules.call_constants import call_constants
from kspec.checker.rules.callbacks import callbacks
from kspec.checker.rules.class_weight import class_weight
from kspec.checker.rules.classes_of_parts import classes_of_parts
from kspec.checker.rules.dtypes import dtypes
from kspec.checker.rules.embedding_range import embedding_range
from kspec.checker.rules.fixed_batch import fixed_batch
from kspec.checker.rules.initial_weights import initial_weights
from kspec.checker.rules.layer_for_op import layer_for_op
from kspec.checker.rules.loss_needs_probabilities import loss_needs_probabilities
from kspec.checker.rules.metric_and_target import metric_and_target
from kspec.checker.rules.monitored import monitored
from kspec.checker.rules.node_arguments import node_arguments
from kspec.checker.rules.noise_after_answer import noise_after_answer
from kspec.checker.rules.repeated_rows import repeated_rows
from kspec.checker.rules.scales import scales
from kspec.checker.rules.softmax_on_one_unit import softmax_on_one_unit
from kspec.checker.rules.stages import stages
from kspec.checker.rules.target_form import target_form
from kspec.checker.rules.task_and_output import task_and_output
from kspec.checker.rules.training_objects import training_objects
from kspec.checker.rules.training_of_a_call import training_of_a_call
from kspec.checker.rules.units_and_target import units_and_target
from kspec.checker.rules.vanished_size import vanished_size
from kspec.checker.rules.written_files import written_files
from kspec.checker.values import Checker

Rule = Callable[[Checker], None]

WORDS_OF_NETWORKS: tuple[Rule, ...] = (node_arguments, call_constants, layer_for_op, adapted_in_model)
"""Rules on each network, those of sub-models too."""
WORDS: tuple[Rule, ...] = (
    *WORDS_OF_NETWORKS,
    dtypes,
    training_objects,
    callbacks,
    written_files,
    initial_weights,
    applications,
    fixed_batch,
)
MEANING_OF_NETWORKS: tuple[Rule, ...] = (activation_twice, vanished_size, training_of_a_call)
MEANING: tuple[Rule, ...] = (
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
    *MEANING_OF_NETWORKS,
    embedding_range,
    class_weight,
    stages,
)
