"""The precision-effect test and the precision-effect estimate with standard error.

References
----------
Stanley and Doucouliagos (2014), doi:10.1002/jrsm.1095; Stanley (2017), doi:10.1177/1948550617693062.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import read_array, read_studies, require, require_option
from analysis.engine.distributions import two_sided_p_value
from analysis.engine.small_study.egger import Egger, egger_lm, egger_rma

MODELS = ("lm", "rma")
ALTERNATIVES = ("two-sided", "greater", "less")


@dataclass(frozen=True, slots=True)
class PetPeese:
    """Effects at a standard error of 0 and the one the conditional rule chooses, scale of yi.

    Attributes
    ----------
    k : number of studies
    model : {"lm", "rma"}
    pet : regression on the standard error; its estimate is the effect at a standard error of 0
    peese : regression on the sampling variance
    pet_p_value : test that the effect of PET is 0, by `alternative`
    alpha, alternative : significance level and direction of that test
    chosen : {"PET", "PEESE"}  PEESE where PET finds an effect
    estimate, se, df, p_value, ci_lower, ci_upper, level : of the chosen one; p_value is two-sided
    """

    k: int
    model: str
    pet: Egger
    peese: Egger
    pet_p_value: float
    alpha: float
    alternative: str
    chosen: str
    estimate: float
    se: float
    df: int | None
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float


def pet_peese(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: str = "lm",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    tau2_method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
) -> PetPeese:
    """Return PET, PEESE and the conditional PET-PEESE estimate.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 3
    model : {"lm", "rma"}  weighted regression with multiplicative dispersion (the authors' choice), or meta-regression
    alpha, alternative : significance level and {"two-sided", "greater", "less"} of the test that chooses
    tau2_method, ci_method, level : as in `egger_rma`; the first two are not used by "lm"

    Raises
    ------
    EngineError
        As in `egger_lm` and `egger_rma`.
    """
    require_option("model", model, MODELS)
    require_option("alternative", alternative, ALTERNATIVES)
    alpha = read_alpha("alpha", alpha)
    effects, variances = read_studies(yi, vi)
    fit_one = egger_lm if model == "lm" else partial(egger_rma, tau2_method=tau2_method, ci_method=ci_method)
    pet, peese = (fit_one(effects, variances, predictor=name, level=level) for name in ("sei", "vi"))
    pet_p_value = _directed_p_value(pet.intercept / pet.intercept_se, df=pet.df, alternative=alternative)
    chosen, fit = ("PEESE", peese) if pet_p_value < alpha else ("PET", pet)
    return PetPeese(
        k=pet.k,
        model=model,
        pet=pet,
        peese=peese,
        pet_p_value=pet_p_value,
        alpha=alpha,
        alternative=alternative,
        chosen=chosen,
        estimate=fit.intercept,
        se=fit.intercept_se,
        df=fit.df,
        p_value=two_sided_p_value(fit.intercept / fit.intercept_se, df=fit.df),
        level=fit.level,
        ci_lower=cast(float, fit.ci_lower),
        ci_upper=cast(float, fit.ci_upper),
    )


def read_alpha(argument: str, alpha: float) -> float:
    """Return a significance level as a fraction strictly between 0 and 1."""
    array = read_array(argument, alpha, dimensions=0)
    require(argument, array, np.asarray((array > 0.0) & (array < 1.0)), rule="between 0 and 1")
    return float(array)


def _directed_p_value(statistic: float, *, df: int | None, alternative: str) -> float:
    """Return the p value of a statistic in the direction of the alternative."""
    both = two_sided_p_value(statistic, df=df)
    if alternative == "two-sided":
        return both
    is_towards = (statistic > 0.0) == (alternative == "greater")
    return both / 2.0 if is_towards else 1.0 - both / 2.0
