"""What every method is asked about, and when methods apply."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import Dataset
from plugins.small_study_effects.params import Params

# Measures whose standard errors are tied to the effect (Sterne et al. 2011, doi:10.1136/bmj.d4002).
TIED_MEASURES = frozenset({"OR", "RR", "IRR", "ROM", "SMD"})
EVENT_MEASURES = frozenset({"OR", "RR"})
# Standard errors that differ by less than this share of themselves are those of studies of one size.
SAME_SIZE_SHARE = 1e-6

TIED = "For this measure the standard error depends on the effect itself, which can look like a small-study effect."
NO_STUDY = "No study has a result that can be pooled."
TOO_FEW = "There are {k} effects; with fewer than {least} chance and bias cannot be told apart (Sterne et al. 2011)."
ONE_EFFECT_TOO_FEW = "There is one effect; this needs at least {least}."
SAME_SIZE = "All standard errors are equal, so that small studies cannot be told from large ones."
NO_SIZES = "The sizes of both groups are not known for every effect."
NOT_TIED = "The standard error of this measure does not depend on the effect: the tests with standard errors serve."
FAILED = "There is no answer: {error}."


@dataclass(frozen=True, slots=True)
class Case:
    """What every method is asked about: the dataset, the parameters, and what was found of it before.

    `estimate` and `tau2` are pooled, None where nothing is; `selection` is the fit of the selection model, the error
    that it gave, or None where it does not apply.
    """

    dataset: Dataset
    params: Params
    estimate: float | None = None
    tau2: float | None = None
    selection: engine.SelectionModel | engine.EngineError | None = None

    @property
    def yi(self) -> NDArray[np.float64]:
        """Effects, shape (k,), scale of the measure."""
        return self.dataset.yi

    @property
    def vi(self) -> NDArray[np.float64]:
        """Sampling variances, shape (k,)."""
        return self.dataset.vi

    @property
    def is_tied(self) -> bool:
        """Whether the standard errors depend on the effects themselves."""
        return self.dataset.measure in TIED_MEASURES

    @property
    def favoured(self) -> str:
        """The side of effects that get published by the selection model."""
        by_direction = "less" if self.dataset.outcome.direction == "lower" else "greater"
        return by_direction if self.params.favoured == "auto" else self.params.favoured

    def group_sizes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Give the sizes of both groups, None where one is not known."""
        sizes = [(effect.n1, effect.n2) for effect in self.dataset.effects]
        if not all(n1 and n2 for n1, n2 in sizes):
            return None
        n1, n2 = np.array(sizes, dtype=np.float64).T
        return n1, n2


def why_not_asymmetry(case: Case) -> str | None:
    """Give the sentence why methods that look at asymmetry do not apply, None where they do."""
    too_few = why_too_few(case, case.params.least_k)
    if too_few:
        return too_few
    sei = np.sqrt(case.vi)
    return SAME_SIZE if float(np.ptp(sei)) <= SAME_SIZE_SHARE * float(np.max(sei)) else None


def why_not_sizes(case: Case) -> str | None:
    """Give the sentence why tests with group sizes do not apply, None where they do."""
    if not case.is_tied:
        return NOT_TIED
    if case.dataset.k and case.group_sizes() is None:
        return NO_SIZES
    return why_too_few(case, case.params.least_k)


def why_too_few(case: Case, least: int) -> str | None:
    """Give the sentence that there are too few effects, None where there are enough."""
    k = case.dataset.k
    if k >= least:
        return None
    if k == 0:
        return NO_STUDY
    if k == 1:
        return ONE_EFFECT_TOO_FEW.format(least=least)
    return TOO_FEW.format(k=k, least=least)


def require_finite(numbers: Mapping[str, object]) -> None:
    """Raise where a number of a row is not finite.

    Raises
    ------
    UndefinedResult : names the first such number
    """
    for name, number in numbers.items():
        if isinstance(number, float) and not isfinite(number):
            raise engine.UndefinedResult(what=f"the {name}", why=f"it is {number}")


def explain(error: engine.EngineError) -> str:
    """Give the sentence of a question that the engine cannot answer."""
    return FAILED.format(error=error)
