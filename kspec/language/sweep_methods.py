"""The samplers and pruners of a sweep: Optuna's, by their names there without the last word, with their arguments."""

from collections.abc import Mapping

Arguments = Mapping[str, str]
"""Argument → its type: `integer`, `number`, `boolean`, `text`, or `pruner`."""

_SEED: Arguments = {"seed": "integer"}
_STEPS: Arguments = {
    "n_startup_trials": "integer",
    "n_warmup_steps": "integer",
    "interval_steps": "integer",
    "n_min_trials": "integer",
}
_POPULATION: Arguments = {
    "population_size": "integer",
    "mutation_prob": "number",
    "crossover_prob": "number",
    "swapping_prob": "number",
    **_SEED,
}

SAMPLERS: Mapping[str, Arguments] = {
    "TPE": {
        "n_startup_trials": "integer",
        "n_ei_candidates": "integer",
        "prior_weight": "number",
        "multivariate": "boolean",
        "group": "boolean",
        "constant_liar": "boolean",
        **_SEED,
    },
    "Random": _SEED,
    "Grid": _SEED,
    "BruteForce": _SEED,
    "QMC": {"qmc_type": "text", "scramble": "boolean", **_SEED},
    "GP": {"n_startup_trials": "integer", "deterministic_objective": "boolean", **_SEED},
    "CmaEs": {
        "sigma0": "number",
        "n_startup_trials": "integer",
        "popsize": "integer",
        "consider_pruned_trials": "boolean",
        "use_separable_cma": "boolean",
        "with_margin": "boolean",
        "lr_adapt": "boolean",
        **_SEED,
    },
    "NSGAII": _POPULATION,
    "NSGAIII": _POPULATION,
}

PRUNERS: Mapping[str, Arguments] = {
    "Hyperband": {
        "min_resource": "integer",
        "max_resource": "integer",
        "reduction_factor": "integer",
        "bootstrap_count": "integer",
    },
    "Median": _STEPS,
    "Percentile": {"percentile": "number", **_STEPS},
    "SuccessiveHalving": {
        "min_resource": "integer",
        "reduction_factor": "integer",
        "min_early_stopping_rate": "integer",
        "bootstrap_count": "integer",
    },
    "Threshold": {
        "lower": "number",
        "upper": "number",
        "n_warmup_steps": "integer",
        "interval_steps": "integer",
    },
    "Patient": {"wrapped_pruner": "pruner", "patience": "integer", "min_delta": "number"},
}

REQUIRED: Mapping[str, tuple[str, ...]] = {"Percentile": ("percentile",), "Patient": ("wrapped_pruner", "patience")}
"""Arguments without a default, by sampler or pruner."""
FINITE = ("Grid", "BruteForce")
"""Samplers that try every point of a finite space once."""
