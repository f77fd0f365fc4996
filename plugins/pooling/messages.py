"""What a reader has to know about the pooled numbers."""

from analysis import engine
from analysis.contract import Dataset
from plugins.pooling.models import INVERSE_VARIANCE, TABLE_COLUMNS, Fit
from plugins.pooling.params import Params

NOTHING_TO_POOL = "No study has a result that can be pooled."
ONE_STUDY = (
    "Only one study has a result: nothing was pooled, its own estimate is shown with a normal interval, and "
    "heterogeneity is undefined."
)
ONE_DEGREE_OF_FREEDOM = (
    "With two studies the Hartung-Knapp-Sidik-Jonkman interval rests on one degree of freedom and can be very wide."
)
FEW = "With {k} studies the variance between studies is poorly known, and with it all intervals."
EQUAL_EFFECTS = "All effects are equal: the Hartung-Knapp-Sidik-Jonkman interval is undefined, the normal one is shown."
NARROWER = (
    "The Hartung-Knapp-Sidik-Jonkman interval is narrower than that of the common-effect model: the studies happen to "
    "agree better than their own errors allow. The ad hoc correction (hksj_adhoc) does not use this."
)
ZERO_CELLS = (
    "{count} of {k} studies have a group without events, or with nothing but events: their effects rest on a "
    "correction of the empty cells, which models of counts do not need."
)
REPEATED_STUDIES = "At least one study gives more than one effect; they are pooled as if they were independent."

# Below this many studies a reader is warned: a convention, no theorem.
FEW_STUDIES = 5
RATIOS_OF_COUNTS = ("RR", "OR")


def messages_of(dataset: Dataset, params: Params, fit: Fit) -> tuple[str, ...]:
    """Give the sentences for the reader."""
    if dataset.k == 0:
        return (NOTHING_TO_POOL,)
    if fit.dataset.k == 1 and fit.values:
        return (ONE_STUDY, *fit.messages)
    said = list(fit.messages)
    if params.model == INVERSE_VARIANCE and fit.values:
        said += _about_intervals(fit, params) + _about_zero_cells(fit)
    if fit.dataset.k > len({effect.study for effect in fit.dataset.effects}):
        said.append(REPEATED_STUDIES)
    return tuple(said)


def _about_intervals(fit: Fit, params: Params) -> list[str]:
    """Give what is to be said of the interval and of the number of studies."""
    k, said = fit.dataset.k, []
    if params.ci_method == "hksj" and fit.values["ci_method"] == "wald":
        said.append(EQUAL_EFFECTS)
    elif params.ci_method == "hksj" and k == 2:
        said.append(ONE_DEGREE_OF_FREEDOM)
    elif params.ci_method == "hksj" and params.tau2_method != "CE" and _is_narrower(fit, params.level):
        said.append(NARROWER)
    if params.tau2_method != "CE" and k < FEW_STUDIES and ONE_DEGREE_OF_FREEDOM not in said:
        said.append(FEW.format(k=k))
    return said


def _is_narrower(fit: Fit, level: float) -> bool:
    """Whether the interval is narrower than the normal one of the common-effect model."""
    plain = engine.pool(fit.dataset.yi, fit.dataset.vi, tau2_method="CE", ci_method="wald", level=level)
    width: float = fit.values["ci_upper"] - fit.values["ci_lower"]
    return width < plain.ci_upper - plain.ci_lower


def _about_zero_cells(fit: Fit) -> list[str]:
    """Give how many effects rest on a correction of empty cells."""
    if fit.dataset.measure not in RATIOS_OF_COUNTS:
        return []
    count = sum(_has_zero(effect.columns) for effect in fit.dataset.effects)
    return [ZERO_CELLS.format(count=count, k=fit.dataset.k)] if count else []


def _has_zero(columns: dict[str, float]) -> bool:
    """Whether a table has a cell of 0."""
    if any(name not in columns for name in TABLE_COLUMNS):
        return False
    a, n1, c, n2 = (columns[name] for name in TABLE_COLUMNS)
    return 0.0 in (a, n1 - a, c, n2 - c)
