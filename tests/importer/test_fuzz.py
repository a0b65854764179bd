"""Mutated configurations are imported or rejected, but never fail unexpectedly."""

import copy
import json
import random

import pytest

from kspec.diagnostics import SpecError
from kspec.importer.from_model import import_file
from tests.support.keras_models import MODELS

JUNK = (
    *(
        None,
        True,
        0,
        -1,
        3,
        1.5,
        10**30,
        "",
        "x",
        "Dense",
        "$x",
        "${1}",
        "a\nb",
        "\u2028",
        [],
        [None],
        [1, 2],
        [["x", 0, 0]],
    ),
    *(
        {},
        {"class_name": "Dense"},
        {"class_name": "x", "config": {}},
        {"class_name": "__numpy__", "config": {"value": 1}},
    ),
    *({"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}, ["x", 0, 0], ["x", 9, 9]),
    *(
        {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}},
        {"class_name": "function", "config": "x"},
    ),
)
NAMES = [
    *("shared", "structures", "states", "operations", "nested_deep", "objects", "vocabularies"),
    *("pictures", "activation_layers", "fixed_batches"),
]


def places(value, path=()):
    """The paths of all that is in a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(config, r):
    """A configuration with one to three things replaced, removed, or put where another was."""
    config = copy.deepcopy(config)
    for _ in range(r.randint(1, 3)):
        every = [path for path in places(config) if path]
        *above, last = r.choice(every)
        holder = config
        for key in above:
            holder = holder[key]
        dice = r.random()
        if dice < 0.2:
            del holder[last]
        elif dice < 0.5:
            other = config
            for key in r.choice(every):
                other = other[key]
            holder[last] = copy.deepcopy(other)
        else:
            holder[last] = copy.deepcopy(r.choice(JUNK))
    return config


def fuzz(seeds, folder):
    configs = [json.loads(MODELS[name]().to_json()) for name in NAMES]
    imported = 0
    for seed in seeds:
        r = random.Random(seed)
        path = folder / "model.json"
        path.write_text(json.dumps(changed(r.choice(configs), r)))
        try:
            import_file(path, compact=r.random() < 0.3).text  # noqa: B018 (the text is made when it is asked for)
            imported += 1
        except SpecError as error:
            (found,) = error.diagnostics
            assert found.code in ("KS710", "KS711", "KS712", "KS713"), (seed, found)
        except Exception as failure:
            raise AssertionError(f"seed {seed}") from failure
    assert imported


def test_nothing_fails(tmp_path):
    fuzz(range(300), tmp_path)


@pytest.mark.slow
def test_nothing_fails_for_long(tmp_path):
    fuzz(range(300, 3000), tmp_path)
