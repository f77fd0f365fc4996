"""The report: what was pooled and how, a forest plot in characters, and the results in words and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.desk.extras import sections_of_all
from analysis.desk.forest import draw_text
from analysis.desk.layout import columns, count, fixed, p_equals, p_value, pairs, percentage, significant, wrap
from analysis.desk.lines import forest_lines
from analysis.desk.measures import Shown
from analysis.desk.options import TAU2_WORDS

Answer = Mapping[str, Any]

CI_WORDS = {
    "wald": "normal (Wald)",
    "t": "t",
    "hksj": "Hartung-Knapp-Sidik-Jonkman",
    "hksj_adhoc": "Hartung-Knapp-Sidik-Jonkman, at least as wide as t",
}
# Tipton (2015), doi:10.1037/met0000011: below, the t distribution does not hold what it promises.
FEWEST_DF = 4.0
# Coefficients beyond need no more than two decimals.
LARGE = 100.0


def write_report(answer: Answer, shown: Shown, *, subgroup: Sequence[str] | None, width: int) -> str:
    """Give the report.

    Parameters
    ----------
    answer : as `fitting.answer` gives it
    shown : how the measure is shown
    subgroup : the subgroup of each study, None where there are none
    width : characters in a line
    """
    parts = [
        _heading(answer, shown),
        draw_text(forest_lines(answer, subgroup), shown, level=answer["level"], width=width),
        wrap(_result(answer, shown), width),
        wrap(_heterogeneity(answer), width),
        *_moderators(answer, shown, width),
        *_subgroups(answer, shown),
        *_robust(answer, shown, width),
        *sections_of_all(answer, shown, width),
        *([[line for note in answer["notes"] for line in wrap(f"Note: {note}", width)]] if answer["notes"] else []),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def model_words(answer: Answer) -> str:
    """Give the model in words, with a capital."""
    if answer["tau2_method"] == "CE":
        return "Common-effect meta-regression" if "coefficients" in answer else "Common-effect meta-analysis"
    return "Mixed-effects meta-regression" if "coefficients" in answer else "Random-effects meta-analysis"


def _heading(answer: Answer, shown: Shown) -> list[str]:
    """Give what was pooled and how."""
    short = "" if answer["measure"] == "GEN" else f" ({answer['measure']})"
    pooled = f", pooled as {shown.pooled_as}" if shown.pooled_as else ""
    read = (name if name == column else f"{name} = {column}" for name, column in answer["columns"].items())
    said = [("Measure", f"{shown.words}{short}{pooled}"), ("Columns", ", ".join(read))]
    if answer["tau2_method"] != "CE":
        method = answer["tau2_method"]
        said.append(("Model", f"variance between studies by {TAU2_WORDS[method]} ({method})"))
    df = _df(answer)
    distribution = f" (t with {count(df, 'degree', 'degrees')} of freedom)" if df else ""
    said.append(("Intervals", f"{_level(answer)}, {CI_WORDS[answer['ci_method']]}{distribution}"))
    return [f"{model_words(answer)} of {count(answer['k'], 'study', 'studies')}", *pairs(said)]


def _df(answer: Answer) -> int | None:
    """Give the degrees of freedom of the tests, None for the normal distribution."""
    df: int | None = answer["coefficients"][0]["df"] if "coefficients" in answer else answer["df"]
    return df


def _level(answer: Answer) -> str:
    """Give the confidence level as a percentage."""
    return f"{100 * answer['level']:.6g}%"


def _result(answer: Answer, shown: Shown) -> str:
    """Give the result in sentences."""
    if "coefficients" in answer:
        df = answer["qm_df"]
        test = f"F = {fixed(answer['qm'], 2)} on {df[0]} and {df[1]} df" if df[1] else _chi2(answer["qm"], df[0], "QM")
        said = f"Moderators together: {test}, {p_equals(answer['qm_p_value'])}."
        r2 = answer["r2"]
        return said if r2 is None else f"{said} They account for {percentage(r2)} of the variance (R²)."
    lead = f"Over {answer['k']} studies" if answer["k"] > 1 else "In the one study"
    write, level = shown.write, _level(answer)
    interval = f"{level} CI {write(answer['ci_lower'])} to {write(answer['ci_upper'])}"
    test = f"; {_test(answer)}" if shown.has_null else ""
    said = f"{lead}, the {shown.words} is {write(answer['estimate'])} ({interval}{test})."
    if answer["pi_lower"] is None:
        return said
    span = f"{write(answer['pi_lower'])} to {write(answer['pi_upper'])}"
    return f"{said} In a new study the true value would lie within {span} ({level} prediction interval)."


def _test(answer: Answer) -> str:
    """Give the test of the estimate."""
    name = "z" if answer["df"] is None else f"t({answer['df']})"
    return f"{name} = {fixed(answer['statistic'], 2)}, {p_equals(answer['p_value'])}"


def _chi2(statistic: float, df: int, name: str) -> str:
    """Give a chi-squared statistic with its degrees of freedom."""
    return f"{name} = {fixed(statistic, 2)} on {df} df"


def _heterogeneity(answer: Answer) -> str:
    """Give the differences between studies in a sentence."""
    if answer["q"] is None:
        return "Heterogeneity cannot be seen in one study."
    lead = "Residual heterogeneity" if "coefficients" in answer else "Heterogeneity"
    said = f"{_chi2(answer['q'], answer['q_df'], 'Q')}, {p_equals(answer['q_p_value'])}"
    said += f"; I² = {percentage(answer['i2'])}, H² = {fixed(answer['h2'], 2)}"
    if answer["tau2_method"] == "CE":
        return f"{lead}: {said}."
    ends = answer["tau2_ci_lower"], answer["tau2_ci_upper"]
    span = f"{_level(answer)} CI {significant(ends[0])} to {significant(ends[1])}" if ends[1] is not None else "no CI"
    tau = f"τ² = {significant(answer['tau2'])} ({span}), τ = {significant(answer['tau2'] ** 0.5)}"
    return f"{lead}: {tau}; {said}."


def _moderators(answer: Answer, shown: Shown, width: int) -> list[list[str]]:
    """Give the table of coefficients."""
    if "coefficients" not in answer:
        return []
    heads = ["Coefficient", "Estimate", "SE", f"{_level(answer)} CI", "t" if _df(answer) else "z", "p"]
    decimals = coefficient_decimals(answer["coefficients"], shown)
    rows = [coefficient_row(one, decimals) for one in answer["coefficients"]]
    table = columns(heads, rows)
    if shown.back:
        table += wrap(f"Coefficients are on the scale on which effects are pooled: {shown.pooled_as}.", width)
    return [table]


def coefficient_decimals(coefficients: Sequence[Mapping[str, Any]], shown: Shown) -> int:
    """Give the decimals of a table of coefficients: four, fewer where numbers are large."""
    largest = max(abs(one[end]) for one in coefficients for end in ("ci_lower", "ci_upper"))
    return shown.digits if shown.digits is not None else 4 if largest < LARGE else 2


def coefficient_row(one: Mapping[str, Any], decimals: int) -> list[str]:
    """Give a coefficient for a table, on the scale of yi."""
    estimate, se, lower, upper = (fixed(one[name], decimals) for name in ("estimate", "se", "ci_lower", "ci_upper"))
    return [one["name"], estimate, se, f"[{lower}, {upper}]", fixed(one["statistic"], 2), p_value(one["p_value"])]


def _subgroups(answer: Answer, shown: Shown) -> list[list[str]]:
    """Give the table of subgroups with the test between them."""
    if "subgroups" not in answer:
        return []
    heads = ["Subgroup", "k", "Estimate", f"{_level(answer)} CI", "p", "τ²", "I²"]
    rows = [
        [
            one["subgroup"],
            str(one["k"]),
            shown.write(one["estimate"]),
            f"[{shown.write(one['ci_lower'])}, {shown.write(one['ci_upper'])}]",
            p_value(one["p_value"] if shown.has_null else None),
            significant(one["tau2"]),
            percentage(one["i2"]),
        ]
        for one in answer["subgroups"]["groups"]
    ]
    between = answer["subgroups"]["between"]
    return [[*columns(heads, rows), f"Between subgroups: {_between(between)}."]]


def _between(between: Mapping[str, Any] | None) -> str:
    """Give the test between subgroups."""
    if between is None:
        return "there is no test of one subgroup"
    return f"{_chi2(between['q'], between['q_df'], 'Q')}, {p_equals(between['q_p_value'])}"


def _robust(answer: Answer, shown: Shown, width: int) -> list[list[str]]:
    """Give the cluster-robust table."""
    if "robust" not in answer:
        return []
    robust = answer["robust"]
    heads = ["Cluster-robust", "Estimate", "SE", f"{_level(answer)} CI", "t", "df", "p"]
    rows, decimals = [], coefficient_decimals(robust["coefficients"], shown)
    for one in robust["coefficients"]:
        row = coefficient_row(one, decimals)
        rows.append([*row[:5], fixed(one["df"], 1), row[5]])
    words = f"{count(robust['clusters'], 'cluster', 'clusters')}; CR2 with Satterthwaite degrees of freedom"
    scale = f", on the scale on which effects are pooled ({shown.pooled_as})" if shown.back else ""
    weak = any(one["df"] < FEWEST_DF for one in robust["coefficients"])
    caution = f" Tests with fewer than {FEWEST_DF:.0f} degrees of freedom are not to be relied on." if weak else ""
    return [[*columns(heads, rows), *wrap(f"{words}{scale}.{caution}", width)]]
