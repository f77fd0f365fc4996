"""Analyses of an outcome measure: what the record gives for two groups against each other."""

import re
from collections.abc import Mapping

from evidence.importers.naming import folded, short_label
from evidence.importers.problems import CellProblem
from evidence.importers.registry.answers import AS_LISTED, REVERSED
from evidence.importers.registry.source import Part, items, text
from evidence.importers.registry.trials import BEGIN, Trial, add_result
from evidence.importers.sheets import is_missing, plain_number

LONGEST_NAME = 160
MEASURES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("hazard ratio"), "HR"),
    (re.compile("odds ratio"), "OR"),
    (re.compile("risk ratio|relative risk"), "RR"),
    (re.compile("rate ratio"), "IRR"),
    (re.compile("risk difference|difference in (proportions?|percent)"), "RD"),
    (re.compile("standardi[sz]ed mean difference|cohen|hedges"), "SMD"),
    (re.compile("ratio of (geometric )?means|mean ratio"), "ROM"),
    (re.compile("mean difference|difference (in|of|between) (ls |least squares? |adjusted )?means?"), "MD"),
)
# Differences of medians, and logarithms, are other measures than those of means and ratios.
NEITHER, PERCENTAGE = re.compile(r"median|\blog\b|logarithm"), re.compile("percent|%")
ADJUSTED = re.compile(r"ancova|covariance|adjusted|\bls\b|least square|mmrm|mixed model")
P_VALUE = re.compile(r"(?P<sign>[<>=≤≥]*)\s*(?P<number>[01]?[.,]?[0-9]+(?:[eE]-[0-9]+)?)")
SIGNS = {"": "=", "=": "=", "<": "<", "≤": "<", "<=": "<", ">": ">", "≥": ">", ">=": ">"}


def measure_of(name: str) -> str:
    """Give the code of an effect measure by the register's name for it, "other" for those that are not known."""
    plain = folded(name)
    if NEITHER.search(plain):
        return "other"
    return next((code for pattern, code in MEASURES if pattern.search(plain)), "other")


def add_contrasts(
    trial: Trial, number: int, measure: Part, places: list[dict[str, str]], arms: Mapping[str, int]
) -> None:
    """Add the analyses of a measure that compare two arms; of those with other numbers of groups a note tells."""
    left = 0
    is_one = len({(place["outcome"], place["instrument"]) for place in places}) == 1
    for analysis in items(measure, "analyses"):
        groups = analysis.get("groupIds")
        names = [one for one in groups if isinstance(one, str)] if isinstance(groups, list) else []
        pair = tuple(arms[one] for one in names if one in arms)
        values = _values(analysis)
        if not is_one or len(names) != 2 or len(set(pair)) != 2 or not values:
            left += 1
            continue
        _add_contrast(trial, number, measure, analysis, _target(measure, places), pair, values)
    if left:
        trial.building.note(
            f"{trial.record.number}: {left} of the analyses of “{text(measure, 'title')}” do not compare two arms, or "
            "give no numbers; they are left out."
        )


def _target(measure: Part, places: list[dict[str, str]]) -> dict[str, str]:
    """Give outcome, instrument and time of the analyses: which row they are about is known where there is one time."""
    times = {(place["week"], place["time_as_printed"]) for place in places}
    if len(times) == 1:
        return places[0]
    return {**places[0], "week": "", "time_as_printed": short_label(text(measure, "timeFrame"), 80)}


def _values(analysis: Part) -> dict[str, str | None]:
    """Give the numbers of an analysis; nothing where it has neither an estimate nor a p value."""
    estimate, p = _number(analysis, "paramValue"), P_VALUE.fullmatch(text(analysis, "pValue"))
    if not estimate and not p:
        return {}
    found: dict[str, str | None] = {"estimate": estimate or None}
    if text(analysis, "ciNumSides").upper() in ("", "TWO_SIDED", "2-SIDED"):
        level = _number(analysis, "ciPctValue")
        limits = {"ci_lower": _number(analysis, "ciLowerLimit"), "ci_upper": _number(analysis, "ciUpperLimit")}
        if estimate and level and all(limits.values()):
            found |= {**limits, "ci_level": _fraction(level)}
    if p:
        found |= {"p_value": _plain(p["number"].replace(",", ".")), "p_relation": SIGNS.get(p["sign"], "=")}
    return found


def _fraction(percent: str) -> str:
    try:
        return format(round(float(percent) / 100, 6), "g")
    except ValueError:
        return percent


def _number(holder: Part, name: str) -> str:
    words = text(holder, name)
    return "" if is_missing(words) else _plain(words)


def _plain(words: str) -> str:
    try:
        return plain_number(words)
    except CellProblem:
        return words


def _add_contrast(
    trial: Trial,
    number: int,
    measure: Part,
    analysis: Part,
    target: dict[str, str],
    pair: tuple[int, ...],
    values: dict[str, str | None],
) -> None:
    printed = text(analysis, "paramType")
    code = measure_of(printed)
    if code == "RD" and PERCENTAGE.search(folded(text(measure, "unitOfMeasure"))):
        code = "other"
    words = folded(f"{text(analysis, 'statisticalMethod')} {printed}")
    is_adjusted = bool(ADJUSTED.search(words)) or target["is_adjusted"] == "true"
    if trial.answers.differences == REVERSED:
        pair = (pair[1], pair[0])
    is_known = trial.answers.differences in (AS_LISTED, REVERSED)
    cells = {
        "study": trial.code,
        "first_arm": str(pair[0]),
        "second_arm": str(pair[1]),
        **target,
        "measure": code,
        "is_adjusted": "true" if is_adjusted else "false",
        "sign": "scale" if is_known else "not_stated",
        "measure_as_printed": short_label(printed, LONGEST_NAME) or None,
        **values,
        **_spread(analysis, code),
    }
    columns = {"estimate": "paramValue", "ci_lower": "ciLowerLimit", "ci_upper": "ciUpperLimit", "p_value": "pValue"}
    source = {"table": f"{BEGIN}, outcome measure {number}", "note": _note(measure, analysis)}
    add_result(trial, "contrast_results", trial.record.line(text(measure, "title")), cells, source, columns)


def _spread(analysis: Part, code: str) -> dict[str, str]:
    """Give the standard error of a difference; that of a ratio may be one of the logarithm, which is not said."""
    kind, value = folded(text(analysis, "dispersionType")).replace("_", " "), _number(analysis, "dispersionValue")
    is_se = kind.startswith("standard error") and code in ("MD", "SMD", "RD")
    return {"standard_error": value} if is_se and value not in ("", "0") else {}


def _note(measure: Part, analysis: Part) -> str:
    names = ("statisticalMethod", "groupDescription", "statisticalComment", "estimateComment", "pValueComment")
    said = [text(analysis, name) for name in names]
    begin = f"{BEGIN}, analysis of “{text(measure, 'title')}”."
    return " ".join([begin, *(f"{one.rstrip('.')}." for one in said if one)])
