"""Responders in each group and numbers needed to treat, from a standardised benefit."""

from dataclasses import asdict

from analysis.contract import Dataset
from analysis.engine.absolute import number_needed_to_treat
from analysis.engine.relevance import rate_beyond_threshold, responder_difference
from plugins.clinical_relevance.params import Params
from plugins.clinical_relevance.result import Responders
from plugins.clinical_relevance.scale import ScaleUsed

NO_THRESHOLD = (
    "The rate of responders at the threshold is not known: it needs means and standard deviations of final scores of "
    "the comparator groups, and lies strictly between 0 and 1."
)
METHODS = {
    "furukawa_leucht": "Furukawa and Leucht",
    "hasselblad_hedges": "Hasselblad and Hedges",
    "cox_snell": "Cox and Snell",
    "kraemer_kupfer": "Kraemer and Kupfer",
}
# The difference of two people's success does not depend on a rate; it is given once, at this one.
ANY_RATE = 0.5


def count_responders(
    limits: tuple[float, float, float], dataset: Dataset, params: Params, scale: ScaleUsed
) -> tuple[tuple[Responders, ...], tuple[str, ...]]:
    """Give the responders for a standardised benefit (estimate, ci_lower, ci_upper), and what to say about them."""
    rates = [("stated", rate) for rate in params.comparator_rates]
    said: tuple[str, ...] = ()
    if params.response_threshold is not None:
        rate = _rate_at_threshold(params.response_threshold, scale)
        rates += [("threshold", rate)] if rate is not None else []
        said = (NO_THRESHOLD,) if rate is None else ()
    rows = []
    for method in params.methods:
        if method == "kraemer_kupfer":
            rows.append(_row(limits, method=method, name="any_rate", rate=ANY_RATE))
        else:
            rows += [_row(limits, method=method, name=name, rate=rate) for name, rate in rates]
    return tuple(rows), said


def _rate_at_threshold(threshold: float, scale: ScaleUsed) -> float | None:
    """Give the fraction of the comparator groups that reaches the threshold; None where not known, 0 or 1."""
    if scale.comparator_mean is None or scale.sd is None:
        return None
    rate = rate_beyond_threshold(threshold, mean=scale.comparator_mean, sd=scale.sd, direction=scale.direction)
    return rate if 0.0 < rate < 1.0 else None


def _row(limits: tuple[float, float, float], *, method: str, name: str, rate: float) -> Responders:
    """Give the responders by one method at one rate."""
    difference, low, high = (
        float(value) for value in responder_difference(list(limits), comparator_rate=rate, method=method)
    )
    needed = number_needed_to_treat(risk_difference=difference, ci_lower=low, ci_upper=high, is_event_good=True)
    return Responders.model_validate(
        {
            "name": name,
            "label": METHODS[method],
            "method": method,
            "risk_comparator": rate,
            "risk_experimental": None if method == "kraemer_kupfer" else rate + difference,
            "risk_difference": difference,
            "ci_lower": low,
            "ci_upper": high,
            **asdict(needed),
        }
    )
