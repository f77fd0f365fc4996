"""The selection model that the parameters ask for.

References
----------
Vevea and Hedges (1995), doi:10.1007/BF02294384; Citkowicz and Vevea (2017), doi:10.1037/met0000119.
"""

import numpy as np

from analysis import engine
from plugins.small_study_effects.case import Case, why_too_few

RIVALS = "Another set of effect and selection is nearly as likely: {estimate:.4g} on the scale of the analysis."
EMPTY_INTERVAL = "No study has a p value in one of the intervals, so that its weight is 0."
# Half of the 0.95 quantile of chi-squared with one degree of freedom: within a profile likelihood interval.
NEARLY_AS_LIKELY = 1.92


def why_not_selection(case: Case) -> str | None:
    """Give the sentence why the model does not apply, None where it does; studies of one size are enough for it."""
    return why_too_few(case, case.params.least_k)


def try_selection(case: Case) -> engine.SelectionModel | engine.EngineError | None:
    """Give the fit, or the error that the engine gives; None where the model does not apply."""
    params = case.params
    if why_not_selection(case):
        return None
    try:
        # Where every study is significant the likelihood may rise without end: the search overflows and says so itself.
        with np.errstate(over="ignore", invalid="ignore"):
            return engine.fit_selection_model(
                case.yi,
                case.vi,
                weight_function=params.selection,
                steps=params.selection_steps if params.selection == "step" else None,
                alternative=case.favoured,
                tau2_method="CE" if params.tau2_method == "CE" else "ML",
                level=params.level,
            )
    except engine.EngineError as error:
        return error


def selection_of(case: Case) -> engine.SelectionModel:
    """Give the fit of a case to which the model applies; raises the error that the fit gave."""
    if isinstance(case.selection, engine.SelectionModel):
        return case.selection
    raise case.selection or engine.TooFewStudies(needed=case.params.least_k, got=case.dataset.k)


def caution_of(fit: engine.SelectionModel) -> str | None:
    """Give what weakens a selection model: rivals, and intervals of p values without studies."""
    said = [EMPTY_INTERVAL] if 0 in fit.interval_k else []
    for rival in fit.maxima[1:2]:
        if fit.log_likelihood - rival.log_likelihood < NEARLY_AS_LIKELY:
            said.append(RIVALS.format(estimate=rival.estimate))
    return " ".join(said) or None
