"""The rules, one file each: a function of the same name that looks at the whole spec and reports what it finds.

A new rule is a new file here and a line below.
"""

from kspec.checker.rules.call_constants import call_constants
from kspec.checker.rules.callbacks import callbacks
from kspec.checker.rules.dtypes import dtypes
from kspec.checker.rules.layer_for_op import layer_for_op
from kspec.checker.rules.node_arguments import node_arguments
from kspec.checker.rules.training_objects import training_objects

RULES = (node_arguments, call_constants, dtypes, training_objects, callbacks, layer_for_op)
