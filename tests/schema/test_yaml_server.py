"""What an editor with the YAML language server reports, proposes and shows, from the schema alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kspec import catalog
from kspec.language.entry import HEADS
from kspec.syntax.names import ENTRY_KEYS
from tests.conftest import ROOT
from tests.schema.clients import need_node
from tests.schema.corpus import FILES
from tests.schema.yaml_server import YamlServer

SCHEMA = ROOT / "schemas" / "kspec.schema.json"
HEAD = "kspec: 1\ninputs:\n  x: {shape: [4]}\nlayers:\n"
FIT = HEAD + "  - Flatten\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[YamlServer]:
    need_node()
    with YamlServer(tmp_path_factory.mktemp("editor"), SCHEMA) as running:
        yield running


def summaries(problems: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Line and column, from 1, and the message."""
    starts = [(problem["range"]["start"], problem["message"]) for problem in problems]
    return [(start["line"] + 1, start["character"] + 1, message) for start, message in starts]


MISTAKES: dict[str, tuple[str, int, int, str]] = {
    "layer": (HEAD + "  - Dens: {units: 4}\n", 5, 5, "Property Dens is not allowed."),
    "bare layer": (HEAD + "  - Flaten\n", 5, 5, "Unknown layer; "),
    "nested layer": (
        HEAD + "  - TimeDistributed: {layer: {Dens: {units: 4}}}\n",
        5,
        31,
        "Property Dens is not allowed.",
    ),
    "argument": (HEAD + "  - Dense: {units: 4, activaton: relu}\n", 5, 23, "Property activaton is not allowed."),
    "kind of value": (HEAD + "  - Dense: {units: ten}\n", 5, 20, "`units` must be a positive integer."),
    "bound": (HEAD + "  - Dense: {units: 0}\n", 5, 20, "Value is below the minimum of 1."),
    "missing argument": (HEAD + "  - Dense: {activation: relu}\n", 5, 5, 'Missing property "units".'),
    "no arguments": (HEAD + "  - Dense\n", 5, 5, "This class has required arguments: `Name: {argument: value}`."),
    "arguments without names": (HEAD + "  - Dense: 10\n", 5, 12, "This class needs named arguments: "),
    "word": (
        HEAD + "  - Conv1D: {filters: 4, kernel_size: 3, padding: sam}\n",
        5,
        51,
        "`padding` must be `valid`, `same` or `causal`.",
    ),
    "activation": (HEAD + "  - Dense: {units: 4, activation: rellu}\n", 5, 35, "Unknown activation; "),
    "top key": (FIT + "layer: []\n", 6, 1, "Property layer is not allowed."),
    "missing section": ("kspec: 1\nlayers: [Flatten]\n", 1, 1, 'Missing property "inputs".'),
    "two classes": (HEAD + "  - Dense: {units: 4}\n    Flatten:\n", 5, 5, "An entry is one thing"),
    "class and op": (HEAD + "  - op: relu\n    Flatten:\n    name: y\n    from: x\n", 5, 5, "An entry is one thing"),
    "no class": (HEAD + "  - name: hidden\n", 5, 5, "An entry needs a class"),
    "argument beside": (
        HEAD + "  - Dense: {units: 4}\n    activation: relu\n",
        6,
        5,
        "Property activation is not allowed.",
    ),
    "op": (HEAD + "  - op: maen\n", 5, 9, "Unknown op; "),
    "name": (HEAD + "  - Flatten:\n    name: 1st\n", 6, 11, "Names consist of letters, digits, `_` and `-`"),
    "optimizer": (FIT + "compile: {optimizer: adm}\n", 6, 22, "Unknown optimizer; "),
    "optimizer's class": (FIT + "compile: {optimizer: {Adm: {}}}\n", 6, 23, "Property Adm is not allowed."),
    "optimizer's argument": (FIT + "compile: {optimizer: {Adam: {lr: 3}}}\n", 6, 30, "Property lr is not allowed."),
    "loss": (FIT + "compile: {loss: msee}\n", 6, 17, "Unknown loss; "),
    "metric": (FIT + "compile: {metrics: [acuracy]}\n", 6, 21, "Unknown metric; "),
    "callback": (FIT + "fit: {callbacks: [{EarlyStoping: {}}]}\n", 6, 20, "Property EarlyStoping is not allowed."),
    "initializer": (
        HEAD + "  - Dense: {units: 4, kernel_initializer: he_norml}\n",
        5,
        43,
        "Unknown initializer; ",
    ),
    "regularizer": (
        HEAD + "  - Dense: {units: 4, kernel_regularizer: {L3: {}}}\n",
        5,
        44,
        "Property L3 is not allowed.",
    ),
    "setting": (FIT + "fit: {epoch: 3}\n", 6, 7, "Property epoch is not allowed."),
    "setting's value": (FIT + "fit: {epochs: many}\n", 6, 15, "`epochs` must be a positive integer."),
    "source": (FIT + "data: {inputs: a}\n", 6, 7, "`data` has no source"),
    "two sources": (FIT + "data: {csv: a.csv, npz: b.npz}\n", 6, 7, "`data` has two sources; keep one."),
    "task": (FIT + "task: clasification\n", 6, 7, "`task` must be"),
    "version": ("kspec: one\n" + HEAD[9:] + "  - Flatten\n", 1, 8, "The version of the language is 1"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_one_mistake_has_one_diagnostic(server: YamlServer, kind: str) -> None:
    text, line, column, begins = MISTAKES[kind]
    found = summaries(server.diagnostics(text))
    assert [place[:2] for place in found] == [(line, column)], found
    message = found[0][2]
    assert message.startswith(begins)
    assert len(message) < 200
    assert not re.search(r"\.\s+\S", re.sub(r"`[^`]*`", "", message)), "more than one sentence"


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("tests")])
def test_shipped_specs_are_clean(server: YamlServer, name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    assert summaries(server.diagnostics(re.sub(r"^# yaml-language-server.*\n", "", text))) == []


def test_computed_values_and_extensions_are_clean(server: YamlServer) -> None:
    text = (
        HEAD
        + '  - Dense: {units: $width, activation: $kind, use_bias: "${width > 3}"}\n  - my.layers.Gate: {units: 4}\n'
    )
    assert summaries(server.diagnostics(text)) == []


def labels(items: list[dict[str, Any]]) -> set[str]:
    return {item["label"] for item in items}


def test_all_layers_are_proposed_for_an_entry(server: YamlServer) -> None:
    own = {*HEADS, *ENTRY_KEYS}
    for text in ("  - |\n", "  - De|\n"):
        items = server.completion(HEAD + text)
        assert labels(items) == set(catalog.names("layer")) | own
        assert len(items) == len(labels(items))


def test_required_arguments_are_filled_in(server: YamlServer) -> None:
    inserted = {item["label"]: item["insertText"] for item in server.completion(HEAD + "  - |\n")}
    assert inserted["Dense"] == "Dense: {units: ${1:64}}"
    assert inserted["Conv2D"] == "Conv2D: {filters: ${1:32}, kernel_size: ${2:3}}"
    assert inserted["Flatten"] == "Flatten"


@pytest.mark.parametrize("text", ["  - Dense: {u|}\n", "  - Dense: {\n      |\n    }\n", "  - Dense:\n      |\n"])
def test_the_arguments_of_one_class_are_proposed(server: YamlServer, text: str) -> None:
    dense = catalog.find("layer", "Dense")
    assert dense is not None
    proposed = labels(server.completion(HEAD + text))
    snippets = {"Dense", "{units: …}"}  # with the required arguments
    assert snippets <= proposed
    assert proposed - snippets == set(dense.parameters)


def test_present_arguments_are_not_proposed(server: YamlServer) -> None:
    proposed = labels(server.completion(HEAD + "  - Dense: {units: 3, a|}\n"))
    assert "units" not in proposed
    assert "activation" in proposed


VALUES = {
    "compile: {optimizer: |}\n": {"adam", "sgd"},
    "compile: {loss: |}\n": {"mean_squared_error", "sparse_categorical_crossentropy"},
    "compile:\n  metrics:\n    - |\n": {"accuracy", "AUC"},
    "fit:\n  callbacks:\n    - |\n": {"EarlyStopping", "CSVLogger"},
    "task: |\n": {"regression", "binary_classification"},
}


@pytest.mark.parametrize("text", VALUES)
def test_values_are_proposed(server: YamlServer, text: str) -> None:
    assert labels(server.completion(FIT + text)) >= VALUES[text]


def test_values_of_arguments_are_proposed(server: YamlServer) -> None:
    activations = labels(server.completion(HEAD + "  - Dense: {units: 3, activation: |}\n"))
    assert activations >= {"relu", "softmax"}
    assert not {"adam", "Dense"} & activations
    assert labels(server.completion(HEAD + "  - Conv1D: {padding: |}\n")) == {"valid", "same", "causal"}


def test_aliases_are_not_proposed(server: YamlServer) -> None:
    proposed = labels(server.completion(HEAD + "  - |\n"))
    assert "Conv2D" in proposed
    assert "Convolution2D" not in proposed


SHOWN = {
    "  - De|nse: {units: 3}\n": (
        "Fully connected layer",
        "Dense(units, ",
        "https://keras.io/api/layers/core_layers/dense/",
    ),
    "  - Dense: {un|its: 3}\n": ("Number of units", "a positive integer; required"),
    "  - Dense: {units: 3, kernel_initi|alizer: zeros}\n": (
        "an initializer; default `glorot_uniform`",
        "https://keras.io/api/layers/initializers/",
    ),
    "  - Convolut|ion1D: {filters: 3, kernel_size: 2}\n": ("other name for `Conv1D`",),
    "  - Flatten\nfi|t: {epochs: 3}\n": ("Training, with the arguments",),
    "  - Flatten\nfit: {ep|ochs: 3}\n": (
        "Number of passes over the training split",
        "a positive integer; default `1`",
    ),
    "  - Flatten\ncompile: {optimizer: {Ad|am: {}}}\n": ("https://keras.io/api/optimizers/adam/",),
    "  - Flatten\ncompile: {loss: {Hub|er: {}}}\n": ("https://keras.io/api/losses/",),
    "  - Flatten\ncompile: {metrics: [{AU|C: {}}]}\n": ("https://keras.io/api/metrics/",),
    "  - Flatten\nfit: {callbacks: [{EarlySt|opping: {}}]}\n": ("https://keras.io/api/callbacks/early_stopping/",),
}


@pytest.mark.parametrize("text", SHOWN)
def test_documentation_is_shown(server: YamlServer, text: str) -> None:
    shown = server.hover(HEAD + text)
    assert [words for words in SHOWN[text] if words not in shown] == [], shown


def test_modeline_of_a_new_spec_is_found(tmp_path: Path) -> None:
    """A spec from `kspec init` is checked by the schema next to it, without any setting."""
    need_node()
    from click.testing import CliRunner

    from kspec.cli._group import group

    spec = tmp_path / "spec.yaml"
    assert CliRunner().invoke(group, ["init", "-o", str(spec)]).exit_code == 0
    text = spec.read_text(encoding="utf-8")
    with YamlServer(tmp_path) as server:
        assert summaries(server.diagnostics(text)) == []
        wrong = text.replace("Dense", "Dens", 1)
        assert [message for *_, message in summaries(server.diagnostics(wrong))] == ["Property Dens is not allowed."]


def test_settings_of_the_repository_map_the_specs() -> None:
    """`.vscode/settings.json` maps every shipped spec to the schema, even one without a modeline."""
    need_node()
    import json

    schemas = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))["yaml.schemas"]
    with YamlServer(ROOT, schemas={(ROOT / path).as_uri(): globs for path, globs in schemas.items()}) as server:
        for name in ("specs/new.yaml", "specs/tutorial/new.yaml"):
            found = summaries(server.diagnostics(FIT + "layer: []\n", name))
            assert [message for *_, message in found] == ["Property layer is not allowed."]
