"""Effects as RevMan gives them: which measure, whether they are logarithms, and with which interval."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import NormalDist

from evidence.importers.naming import folded
from evidence.importers.problems import CellProblem

RATIOS = frozenset({"RR", "OR", "HR", "IRR", "ROM"})
OTHER = "other"
NAMES: Mapping[str, str] = {
    **dict.fromkeys(("hr", "hazard ratio", "hazards ratio"), "HR"),
    **dict.fromkeys(("or", "odds ratio", "peto or", "peto_or", "peto odds ratio", "adjusted odds ratio"), "OR"),
    **dict.fromkeys(("rr", "risk ratio", "relative risk", "adjusted risk ratio"), "RR"),
    **dict.fromkeys(("irr", "rate ratio", "incidence rate ratio", "incident rate ratio"), "IRR"),
    **dict.fromkeys(("rd", "risk difference", "absolute risk difference"), "RD"),
    **dict.fromkeys(("md", "mean difference", "wmd", "weighted mean difference", "difference in means"), "MD"),
    **dict.fromkeys(
        ("smd", "std. mean difference", "standardised mean difference", "standardized mean difference", "hedges' g"),
        "SMD",
    ),
    **dict.fromkeys(("rom", "ratio of means", "mean ratio"), "ROM"),
}
LOGARITHM = re.compile(r"^(?:log|ln|natural log(?:arithm)? of(?: the)?)[ \[(]+|[\])]+$")
ABBREVIATION = re.compile(r" *\([a-z]{2,3}\)$")
# How far numbers that RevMan has rounded may be apart and still be the same.
NEAR = 0.02
PLACES = Decimal("0.000001")
UNSURE = (
    "Neither the file nor the interval shows whether {estimate} is a ratio or its logarithm; "
    "say scale={number}=log or scale={number}=natural."
)


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect as a report prints it: ratios as ratios. `remark` says what was computed."""

    estimate: str
    lower: str = ""
    upper: str = ""
    standard_error: str = ""
    remark: str = ""


def measure_of(text: str) -> str:
    """Give the code of an effect measure by one of its names, "other" where it is none of those that are known."""
    plain = LOGARITHM.sub("", folded(text))
    return NAMES.get(plain) or NAMES.get(ABBREVIATION.sub("", plain)) or OTHER


def is_ratio(measure: str, text: str) -> bool:
    """Whether a measure is a ratio, so that its estimates are compared as logarithms."""
    return measure in RATIOS or (measure == OTHER and "ratio" in folded(text))


def rounded(value: float | str) -> str:
    """Give a number with as many decimals as the evidence holds; what is no number stays as it is."""
    try:
        number = Decimal(str(value))
        return format(number.quantize(PLACES).normalize(), "f") if number.is_finite() else str(value)
    except InvalidOperation:
        return str(value)


def difference(values: Mapping[str, str]) -> Effect | None:
    """Give the effect of a measure that is no ratio, None where nothing is entered."""
    estimate = values.get("EFFECT_SIZE") or values.get("ESTIMATE", "")
    se = number_of(values, "SE")
    if not estimate or se == 0:
        return None
    lower, upper = (rounded(values.get(name, "")) for name in ("CI_START", "CI_END"))
    return Effect(rounded(estimate), lower, upper, "" if se is None else rounded(se))


def ratio(
    values: Mapping[str, str], number: str, *, is_log: bool | None, said: bool | None, level: float
) -> Effect | None:
    """Give a ratio with its interval, None where nothing is entered.

    RevMan gives the ratio as EFFECT_SIZE and what was entered as ESTIMATE; SE is that of the logarithm. Where only one
    of the two is there, the interval shows which it is, or else a person or the file says it.

    Parameters
    ----------
    number : of the analysis, for the sentence
    is_log : whether the file says that logarithms were entered; None where it says nothing
    said : whether a person says that the number is a logarithm; None where nobody does
    level : of the interval, as a fraction

    Raises
    ------
    CellProblem : it cannot be seen whether the estimate is a logarithm
    """
    shown, entered = number_of(values, "EFFECT_SIZE"), number_of(values, "ESTIMATE")
    one, se = shown if shown is not None else entered, number_of(values, "SE")
    if one is None or se == 0:
        return None
    reach = NormalDist().inv_cdf((1 + level) / 2)
    lower, upper = number_of(values, "CI_START"), number_of(values, "CI_END")
    if shown is not None and shown > 0 and entered is not None and near(math.log(shown), entered):
        return _natural(shown, lower, upper, se, reach)
    from_file = is_log if shown is None or is_log is None else False
    log = next((one for one in (said, _fits(one, lower, upper, se, reach), from_file) if one is not None), None)
    if log is None:
        raise CellProblem(UNSURE.format(estimate=rounded(one), number=number))
    if not log:
        return _natural(one, lower, upper, se, reach)
    first, second = (None if limit is None else _exp(limit) for limit in (lower, upper))
    return _natural(_exp(one), first, second, se, reach)


def _exp(value: float) -> float:
    if value > 30:
        raise CellProblem(f"{rounded(value)} is too large for the logarithm of a ratio.")
    return math.exp(value)


def _fits(one: float, lower: float | None, upper: float | None, se: float | None, reach: float) -> bool | None:
    """Whether estimate, interval and SE fit each other as logarithms; None where they do not show it."""
    if lower is None or upper is None:
        return True if one <= 0 else None
    if min(one, lower, upper) <= 0:
        return True
    as_ratio = near(math.log(one), (math.log(lower) + math.log(upper)) / 2)
    as_log = near(one, (lower + upper) / 2)
    if se is not None:
        as_ratio &= near(math.log(upper / lower) / 2, se * reach)
        as_log &= near((upper - lower) / 2, se * reach)
    return as_log if as_ratio != as_log else None


def near(one: float, two: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(one - two) <= NEAR * max(1.0, abs(one), abs(two))


def _natural(one: float, lower: float | None, upper: float | None, se: float | None, reach: float) -> Effect:
    """Give a ratio; an interval that is not there is computed from the SE of its logarithm."""
    if one <= 0:
        raise CellProblem(f"A ratio must be above 0; got {rounded(one)}.")
    remark = ""
    if (lower is None or upper is None) and se is not None:
        lower, upper = _exp(math.log(one) - reach * se), _exp(math.log(one) + reach * se)
        remark = f"The interval is computed from the SE of the logarithm, {rounded(se)}."
    first, second = ("" if limit is None else rounded(limit) for limit in (lower, upper))
    return Effect(rounded(one), first, second, remark=remark)


def peto(values: Mapping[str, str], *, level: float) -> Effect | None:
    """Give the ratio of an O-E and its variance, None where nothing is entered."""
    excess, variance = number_of(values, "O_E"), number_of(values, "VAR")
    if excess is None or not variance or variance < 0:
        return None
    shown, lower, upper = (number_of(values, name) for name in ("EFFECT_SIZE", "CI_START", "CI_END"))
    se, reach = 1 / math.sqrt(variance), NormalDist().inv_cdf((1 + level) / 2)
    remark = f"O-E {rounded(excess)}, variance {rounded(variance)}."
    if shown is not None and shown > 0 and near(math.log(shown), excess / variance) and lower and upper:
        return Effect(rounded(shown), rounded(lower), rounded(upper), remark=remark)
    found = _natural(_exp(excess / variance), None, None, se, reach)
    return Effect(
        found.estimate, found.lower, found.upper, remark=f"{remark} Ratio and interval are computed from them."
    )


def number_of(values: Mapping[str, str], name: str) -> float | None:
    """Give a number of an entry, None where there is none.

    Raises
    ------
    CellProblem : it is no number
    """
    text = values.get(name, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise CellProblem(f"“{text}” is not a number.") from error
    if not math.isfinite(number):
        raise CellProblem(f"“{text}” is not a number.")
    return number
