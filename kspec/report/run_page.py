"""The sections of the report on one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kspec.report.predictions import Kind, Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.binary import binary_section
from kspec.report.sections.data import data_section
from kspec.report.sections.forecast import forecast_section
from kspec.report.sections.lists import lists_section
from kspec.report.sections.masks import masks_section
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
        training_section(facts),
        *(forecast_section(facts, own) for own in facts.predictions),
        *(BY_KIND[own.kind](facts, own) for own in facts.predictions),
        *map(lists_section, facts.lists),
        *(masks_section(facts, own) for own in facts.masks),
        data_section(facts),
        network_section(facts),
        spec_section(facts),
        repeat_section(facts),
    ]
    return [section for section in found if section is not None]
