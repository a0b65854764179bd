"""How much each parameter of a sweep matters for reaching its best trials.

Optuna's PED-ANOVA tells it: of its evaluators, the one that needs no scikit-learn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping

from kspec.language.sweep_ranges import Range
from kspec.sweep.result import SweepResult

FEWEST_TRIALS = 8
"""Of fewer complete trials, importances would be noise."""


def best_share(trials: int) -> float:
    """The share of the complete trials that count as the best: a tenth, or two of few."""
    return max(0.1, 2 / trials)


def parameter_importances(result: SweepResult, space: Mapping[str, Range], goal: int) -> dict[str, float]:
    """The importance of each parameter for a goal, the greatest first; together 1. Empty with too few trials.

    Args:
        result: What the sweep has found.
        space: The ranges by address.
        goal: The number of the goal.

    Raises:
        ModuleNotFoundError: If Optuna is not installed.
    """
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    from kspec.sweep.study import distributions_of, parameters_of

    sign = -1 if result.goals[goal][1] == "maximize" else 1  # the evaluator takes less for better
    distributions = distributions_of(space)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts of Optuna that call themselves experimental
        study = optuna.create_study()
        for trial in result.trials:
            if trial.status != "complete" or set(trial.point) != set(space):
                continue
            value = sign * trial.values[goal]
            if math.isfinite(value):
                own = parameters_of(space, trial.point)
                study.add_trial(optuna.create_trial(params=own, distributions=distributions, value=value))
        if len(study.trials) < FEWEST_TRIALS:
            return {}
        evaluator = PedAnovaImportanceEvaluator(target_quantile=best_share(len(study.trials)))
        return dict(get_param_importances(study, evaluator=evaluator))
