"""The sections of the report on one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kspec.report.predictions import Kind, Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.binary import binary_section
from kspec.report.sections.data import data_section
from kspec.report.sections.explanation import explanation_sections
from kspec.report.sections.forecast import forecast_section
from kspec.report.sections.lists import lists_section
from kspec.report.sections.masks import masks_section
from kspec.report.sections.members import (
    member_curves_section,
    members_section,
    named_members,
    predictions_note,
)
from kspec.report.sections.multiclass import multiclass_section
from kspec.report.sections.multilabel import multilabel_section
from kspec.report.sections.network import network_section
from kspec.report.sections.regression import regression_section
from kspec.report.sections.repeat import repeat_section
from kspec.report.sections.result import result_section
from kspec.report.sections.spec import spec_section
from kspec.report.sections.training import training_section

BY_KIND: Mapping[Kind, Callable[[RunFacts, Predictions], Section]] = {
    "binary": binary_section,
    "multiclass": multiclass_section,
    "multilabel": multilabel_section,
    "regression": regression_section,
}


def run_sections(facts: RunFacts) -> list[Section]:
    """The sections of the report on a run, in their order.

    Args:
        facts: What is known of the run.
    """
    found = [
        result_section(facts),
        *_training(facts),
        *(forecast_section(facts, own) for own in facts.predictions),
        *(_of_predictions(own, facts) for own in facts.predictions),
        *map(lists_section, facts.lists),
        *(masks_section(facts, own) for own in facts.masks),
        *explanation_sections(facts),
        _data(facts),
        network_section(facts),
        spec_section(facts),
        repeat_section(facts),
    ]
    return [section for section in found if section is not None]


def _training(facts: RunFacts) -> list[Section | None]:
    if facts.run.members:
        return [members_section(facts), member_curves_section(facts)]
    return [training_section(facts)]


def _of_predictions(own: Predictions, facts: RunFacts) -> Section:
    section = BY_KIND[own.kind](facts, own)
    return replace(section, notes=[*section.notes, predictions_note(facts)]) if facts.run.members else section


def _data(facts: RunFacts) -> Section | None:
    section = data_section(facts)
    if section is None or not facts.run.members:
        return section
    return replace(section, title=f"Data of {next(iter(named_members(facts)))}")
