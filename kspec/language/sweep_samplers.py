"""The samplers of a sweep: Optuna's, by their names there without `Sampler`, with their arguments."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.sweep_methods import Count, Method, named

Probability = Annotated[float, Field(ge=0, le=1)]
FINITE = ("Grid", "BruteForce")
"""Samplers that try every point of a finite space once."""
PACKAGES = {"GP": "torch", "QMC": "scipy", "CmaEs": "cmaes"}
"""Packages that samplers need besides Optuna."""
INDEPENDENT = (*FINITE, "QMC", "Random")
"""Samplers whose points do not depend on what trials have yielded."""
INDEPENDENT_BATCH = 64
"""How many points these choose at once by default."""
GENETIC = ("NSGAII", "NSGAIII")
"""Samplers that are made for several goals."""


class Seeded(Model):
    """A sampler that draws at random."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = Field(None, description="Seed; that of the spec by default")


class TPESampler(Seeded):
    """Chooses where good trials are denser than bad ones (tree-structured Parzen estimator)."""

    n_startup_trials: Count = Field(10, description="Trials that are drawn at random first")
    n_ei_candidates: Annotated[int, Field(gt=0)] = Field(24, description="Candidates to choose a point from")
    prior_weight: Annotated[float, Field(gt=0)] | None = Field(None, description="Weight of the prior")
    multivariate: bool | None = Field(None, description="Whether addresses are searched together")
    group: bool = Field(False, description="Whether `multivariate` groups the addresses that occur together")
    constant_liar: bool = Field(True, description="Whether running trials count as bad, so that others lie elsewhere")

    @model_validator(mode="after")
    def _group(self) -> "TPESampler":
        if self.group and self.multivariate is False:
            fail("`group` needs `multivariate: true`", key="group", help="remove `multivariate: false`")
        return self


class RandomSampler(Seeded):
    """Draws every point at random."""


class GridSampler(Seeded):
    """Tries every point of a finite space once, in a random order."""


class BruteForceSampler(Seeded):
    """Tries every point of a finite space once."""


class QMCSampler(Seeded):
    """Spreads points evenly (quasi-Monte Carlo)."""

    qmc_type: Literal["sobol", "halton"] = Field("sobol", description="Sequence of the points")
    scramble: bool = Field(False, description="Whether the sequence is scrambled by the seed")


class GPSampler(Seeded):
    """Fits a Gaussian process to the trials; needs PyTorch."""

    n_startup_trials: Count = Field(10, description="Trials that are drawn at random first")
    deterministic_objective: bool = Field(False, description="Whether a trial has the same value whenever it runs")


class CmaEsSampler(Seeded):
    """Adapts the covariance of a normal distribution (CMA-ES); for numbers alone."""

    sigma0: Annotated[float, Field(gt=0)] | None = Field(None, description="Standard deviation to begin with")
    n_startup_trials: Count = Field(1, description="Trials that are drawn at random first")
    popsize: Annotated[int, Field(gt=1)] | None = Field(None, description="Points of a generation")
    consider_pruned_trials: bool = Field(False, description="Whether pruned trials count, by their last epoch")
    use_separable_cma: bool = Field(False, description="Whether the covariance is diagonal")
    with_margin: bool = Field(False, description="Whether integers keep a least probability of change")
    lr_adapt: bool = Field(False, description="Whether the learning rate of the search adapts")

    @model_validator(mode="after")
    def _variant(self) -> "CmaEsSampler":
        chosen = [word for word in ("use_separable_cma", "with_margin", "lr_adapt") if getattr(self, word)]
        if len(chosen) > 1:
            fail(f"`CmaEs` has one of {' and '.join(f'`{word}`' for word in chosen)}", key=chosen[1], help="keep one")
        return self


class NSGAIISampler(Seeded):
    """A genetic algorithm for several goals."""

    population_size: Annotated[int, Field(gt=1)] = Field(50, description="Points of a generation")
    mutation_prob: Probability | None = Field(None, description="Probability that an address mutates")
    crossover_prob: Probability = Field(0.9, description="Probability that a point has two parents")
    swapping_prob: Probability = Field(0.5, description="Probability that an address comes from the other parent")


class NSGAIIISampler(NSGAIISampler):
    """A genetic algorithm for three goals or more."""


class Sampler(Method):
    """How points are chosen."""

    TPE: TPESampler | None = None
    Random: RandomSampler | None = None
    Grid: GridSampler | None = None
    BruteForce: BruteForceSampler | None = None
    QMC: QMCSampler | None = None
    GP: GPSampler | None = None
    CmaEs: CmaEsSampler | None = None
    NSGAII: NSGAIISampler | None = None
    NSGAIII: NSGAIIISampler | None = None


SamplerName = Literal["TPE", "Random", "Grid", "BruteForce", "QMC", "GP", "CmaEs", "NSGAII", "NSGAIII"]
AnySampler = Annotated[
    Sampler | None,
    BeforeValidator(lambda value: named(value, "sampler", Sampler) or {"TPE": {}}),
    JsonSchema(SamplerName | Sampler | None),
]
