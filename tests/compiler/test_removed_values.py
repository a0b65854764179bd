"""An invalid value is reported once, and hides nothing that does not depend on it."""

from __future__ import annotations

import copy
import random

import pytest
import yaml

from kspec.compiler.check import check_spec
from kspec.diagnostics import Report, Source
from kspec.language import load_source
from kspec.language.recovery import OPTIONAL_SECTIONS
from kspec.language.removed_values import RemovedValue
from kspec.syntax import parse
from tests.conftest import SPECS

RICH = """\
kspec: 1
name: rich
task: {kind: multiclass_classification, flag: binary_classification, level: regression}
seed: 3
data:
  csv: {path: t.csv, delimiter: ";"}
  inputs: {x: [a, b, c]}
  targets: {kind: kind, flag: flag, level: level}
  missing: {a: mean}
  split: {validation: 0.2, test: 0.2}
inputs: {x: {shape: [3]}}
layers:
  - Dense: {units: 8, activation: relu}
    name: body
  - Dense: {units: 3, activation: softmax}
    name: kind
  - Dense: {units: 1, activation: sigmoid}
    name: flag
    from: body
  - Dense: {units: 1}
    name: level
    from: body
outputs: [kind, flag, level]
compile:
  optimizer: {SGD: {learning_rate: 0.1, use_ema: true}}
  loss: {kind: sparse_categorical_crossentropy, flag: binary_crossentropy, level: mse}
  metrics: {kind: [accuracy], flag: [accuracy, {AUC: {name: auc}}], level: [mae]}
  loss_weights: {kind: 1.0, flag: 0.5, level: 2.0}
fit:
  epochs: 20
  batch_size: 16
  shuffle: true
  class_weight: {kind: balanced, flag: {yes: 2.0, no: 1.0}}
  validation_freq: 2
  keep: best
  monitor: val_flag_auc
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 3}
    - SwapEMAWeights: {swap_on_epoch: true}
    - ReduceLROnPlateau: {monitor: val_kind_accuracy, mode: max}
  stages:
    - {name: first, epochs: 12, trainable: {body: false}}
    - {name: second, optimizer: {Adam: {use_ema: true}}, trainable: {body: true}}
evaluate: {split: test, batch_size: 8}
predict: {to: out.csv, threshold: {flag: 0.4}, nodes: [body]}
"""
PATHS = [*sorted(SPECS.glob("*.yaml")), *sorted((SPECS / "tutorial").glob("*.yaml"))]
WRONG = [5, -1, "eight", True, None, [], {"zz": 1}, {}, 2.5]


def diagnostics(text, name="spec.yaml"):
    return check_spec(Source(name, text), ignore=["KS501"]).diagnostics  # the data is not there


def paths_in(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths_in(item, (*path, key))


def broken(values, random_):
    """A copy with a value of another type, or with a misspelled key, in an optional section; and the path of it."""
    values = copy.deepcopy(values)
    path = random_.choice([path for path in paths_in(values) if path[0] in OPTIONAL_SECTIONS])
    *before, key = path
    holder = values
    for part in before:
        holder = holder[part]
    if isinstance(key, str) and len(key) > 3 and random_.random() < 0.3:
        wrong = key[:-2] + key[-1]
        items = [(wrong if other == key else other, value) for other, value in holder.items()]
        holder.clear()
        holder.update(items)
        return values, (*before, wrong)
    holder[key] = copy.deepcopy(random_.choice([wrong for wrong in WRONG if type(wrong) is not type(holder[key])]))
    return values, path


def is_at(found, path, text, name):
    """Whether a diagnostic is within a value, or at an item around it."""
    positions = parse(Source(name, text), Report()).positions
    around = [path[:length] for length in range(len(path), min(2, len(path)) - 1, -1)]
    spans = [table[each] for each in around for table in (positions.keys, positions.values) if each in table]
    return any(span.line <= found.span.line <= span.end_line for span in spans)


def check_breaks(text, name, count, seed):
    values, random_ = yaml.safe_load(text), random.Random(seed)
    known = {(each.code, each.message) for each in diagnostics(yaml.safe_dump(values, sort_keys=False), name)}
    structural = 0
    for _ in range(count):
        changed, path = broken(values, random_)
        new_text = yaml.safe_dump(changed, sort_keys=False)
        fresh = [each for each in diagnostics(new_text, name) if (each.code, each.message) not in known]
        if any(each.is_error and each.code < "KS105" for each in fresh):
            structural += 1
            elsewhere = [each.message for each in fresh if not is_at(each, path, new_text, name)]
            assert not elsewhere, (path, new_text)
    assert structural > count / 4


def test_one_invalid_value_causes_no_other_message():
    assert diagnostics(RICH) == []
    check_breaks(RICH, "rich.yaml", 60, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(SPECS)))
def test_one_invalid_value_in_a_spec_causes_no_other_message(path):
    check_breaks(path.read_text(), str(path), 40, seed=2)


STRUCTURAL = {
    "epochs: 20": ("epochs: eight", "`epochs` must be an integer"),
    "batch_size: 16": ("batch_sizes: 16", "unknown key `batch_sizes`"),
    'delimiter: ";"': ("delimiter: 5", "a delimiter must be a single character"),
    "split: test": ("split: tests", "`split` must be"),
    "monitor: val_flag_auc": ("monitor: 5", "`monitor` must be text"),
}
MEANING = {
    "kind: balanced": "kind: balancd",
    "monitor: val_kind_accuracy": "monitor: val_kind_acc",
    "level: mse": "level: msee",
    "flag: binary_crossentropy": "flag: categorical_crossentropy",
    "patience: 3": "patienc: 3",
    "{body: true}": "{bdy: true}",
    "nodes: [body]": "nodes: [bodi]",
}


@pytest.mark.parametrize("structural", STRUCTURAL)
def test_mistakes_of_meaning_are_reported_beside_a_structural_one(structural):
    text = RICH
    for right, other in MEANING.items():
        assert right in text
        text = text.replace(right, other, 1)
    expected = [(each.code, each.message) for each in diagnostics(text)]
    assert len({code for code, _ in expected}) >= 5
    wrong, message = STRUCTURAL[structural]
    found = [(each.code, each.message) for each in diagnostics(text.replace(structural, wrong, 1))]
    (own,) = [message for code, message in found if (code, message) not in expected]
    assert message in own
    assert [each for each in expected if each not in found] == []


BLOCKS = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}}
blocks: {one: {params: [units], layers: [{Dense: {units: $units}}]}}
models: {code: {inputs: {v: {shape: [4]}}, layers: [{Dense: {units: 4}}]}}
layers:
  - Dense: {units: 4}
    name: first
  - block: one
    with: {units: 3}
    name: second
  - model: code
    from: first
    name: third
  - Concatenate:
    from: [second, third]
  - Dense: {units: 1}
    name: y
outputs: y
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("    name: first", "    nam: first"),
        ("  - model: code\n    from: first\n    name: third", "  - true"),
        ("  - block: one\n    with: {units: 3}\n    name: second", "  - 5"),
        ("    name: y", "    nme: y"),
    ],
)
def test_an_invalid_entry_may_be_what_seems_unknown_or_unused(right, wrong):
    assert diagnostics(BLOCKS) == []
    (found,) = diagnostics(BLOCKS.replace(right, wrong))
    assert found.is_error
    assert found.code < "KS105"


def test_an_invalid_value_is_absent():
    text = RICH.replace("epochs: 20", "epochs: eight").replace("threshold:", "treshold:")
    spec = load_source(Source("s.yaml", text), Report())
    assert spec.document.fit.batch_size == 16
    for section, name in (("fit", "epochs"), ("predict", "threshold")):
        with pytest.raises(RemovedValue):
            getattr(getattr(spec.document, section), name)
    with pytest.raises(AttributeError):
        _ = spec.document.fit.other
