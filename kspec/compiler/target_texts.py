"""Encodes targets that are texts, once the layers that do so have learned their vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.analysis.list_targets import list_targets
from kspec.data import Dataset, Labels
from kspec.data.lists.padding import ListPlan
from kspec.data.targets.text_encoding import TextEncoder, text_encoder
from kspec.language import Spec
from kspec.syntax.names import name_in_keras

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork


def encode_by_own_layers(spec: Spec, dataset: Dataset) -> None:
    """Encodes the targets whose layers are no nodes: each learns from the target of the training split.

    Args:
        spec: The spec.
        dataset: The data, whose targets are replaced; those that are encoded stay.
    """
    for name, plan in _plans(spec, dataset).items():
        if not isinstance(plan.through, str):
            target, real = dataset.splits["train"].targets[name], dataset.splits["train"].positions.get(name)
            texts = (target if real is None else target[real]).astype(str)
            _encode(dataset, name, text_encoder(plan, None, None, texts))


def encode_by_nodes(spec: Spec, dataset: Dataset, network: BuiltNetwork) -> None:
    """Encodes the targets whose layers are nodes of the network.

    Args:
        spec: The spec.
        dataset: The data, whose targets are replaced; those that are encoded stay.
        network: The network, with adapted layers.
    """
    for name, plan in _plans(spec, dataset).items():
        if isinstance(plan.through, str):
            _encode(dataset, name, text_encoder(plan, network.layers[plan.through], None, None))


def encoders_of(
    lists: Mapping[str, Mapping[str, Any]], labels: Mapping[str, Labels], model: Any
) -> dict[str, TextEncoder]:
    """By output whose target is texts, its encoder in a finished run.

    Args:
        lists: The plans of lists, as plain JSON.
        labels: By output, the labels of its target: the vocabulary of its layer.
        model: The trained model.
    """
    encoders = {}
    for name, value in lists.items():
        plan = ListPlan.from_json(value)
        if isinstance(plan.through, str):
            encoders[name] = text_encoder(plan, model.get_layer(name_in_keras(plan.through)), None, None)
        elif plan.through is not None:
            encoders[name] = text_encoder(plan, None, labels[name].names, None)
    return encoders


def _plans(spec: Spec, dataset: Dataset) -> dict[str, ListPlan]:
    """By output with a target of texts that are not encoded yet, its plan."""
    plans = dataset.fitted.get("columns", {}).get("lists", {})
    return {
        name: ListPlan.from_json(plans[name])
        for name, setting in list_targets(spec).items()
        if setting.through is not None and name in plans and name not in dataset.encoders
    }


def _encode(dataset: Dataset, name: str, encoder: TextEncoder) -> None:
    for split in dataset.splits.values():
        if name in split.targets:
            encoder.encode(split, name)
    dataset.encoders[name] = encoder
    dataset.labels[name] = Labels("text", encoder.vocabulary)
    dataset.fitted["columns"]["lists"][name] = encoder.plan.to_json()
