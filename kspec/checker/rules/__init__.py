"""The rules, one file each: a function of the same name that looks at the whole spec and reports what it finds.

A new rule is a new file here and a line below. Rules of words look at what is written; rules of meaning come after
shapes are known and defaults are filled in (`checker.types`, `checker.settings`), and those of them that look at data
stay silent where no profile is at hand (`checker.profile`).
"""

from collections.abc import Callable

from kspec.checker.rules.call_constants import call_constants
from kspec.checker.rules.callbacks import callbacks
from kspec.checker.rules.dtypes import dtypes
from kspec.checker.rules.layer_for_op import layer_for_op
from kspec.checker.rules.node_arguments import node_arguments
from kspec.checker.rules.training_objects import training_objects
from kspec.checker.values import Checker

WORDS = (node_arguments, call_constants, dtypes, training_objects, callbacks, layer_for_op)
MEANING: tuple[Callable[[Checker], None], ...] = ()
