"""The sections of the report that --all adds."""

from collections.abc import Mapping
from typing import Any

from analysis.desk.layout import columns, count, fixed, p_equals, p_value, percentage, significant, wrap
from analysis.desk.measures import Shown

Answer = Mapping[str, Any]


def sections_of_all(answer: Answer, shown: Shown, width: int) -> list[list[str]]:
    """Give the sections; none where --all was not asked for or nothing could be computed."""
    if "small_study" not in answer:
        return []
    sections = [
        _refits("Leaving out", answer["leave_one_out"], answer, shown),
        _influence(answer["influence"]),
        _refits("Up to", answer["cumulative"], answer, shown),
        [line for sentence in _small_study(answer, shown) for line in wrap(sentence, width)],
    ]
    return [section for section in sections if section]


def _refits(head: str, rows: list[dict[str, Any]] | None, answer: Answer, shown: Shown) -> list[str]:
    """Give a table of refitted models, one line for each study."""
    if rows is None:
        return []
    heads = [head, "Estimate", f"{100 * answer['level']:.6g}% CI", "p", "τ²", "I²"]
    return columns(
        heads,
        [
            [
                one["study"],
                shown.write(one["estimate"]),
                f"[{shown.write(one['ci_lower'])}, {shown.write(one['ci_upper'])}]",
                p_value(one["p_value"] if shown.has_null else None),
                significant(one["tau2"]),
                percentage(one["i2"]),
            ]
            for one in rows
        ],
    )


def _influence(rows: list[dict[str, Any]] | None) -> list[str]:
    """Give the diagnostics of each study, a star at those that are influential."""
    if rows is None:
        return []
    heads = ["Influence", "rstudent", "dffits", "Cook's D", "cov.r", "τ² without", "hat", "weight", ""]
    body = [
        [
            one["study"],
            *(fixed(one[name], 3) for name in ("rstudent", "dffits", "cook_d", "cov_r")),
            significant(one["tau2_del"]),
            fixed(one["hat"], 3),
            percentage(one["weight"]),
            "*" if one["is_influential"] else "",
        ]
        for one in rows
    ]
    marked = [one["study"] for one in rows if one["is_influential"]]
    return [*columns(heads, body), f"* influential: {', '.join(marked)}" if marked else "No study is influential."]


def _small_study(answer: Answer, shown: Shown) -> list[str]:
    """Give the small-study analyses in sentences."""
    found = answer["small_study"]
    said = ["Small-study effects"]
    for name, words in (
        ("egger_rma", "Egger's test, random effects"),
        ("egger_lm", "Egger's test, weighted regression"),
    ):
        test = found[name]
        if test:
            kind = "z" if test["df"] is None else f"t({test['df']})"
            limit = f"; limit estimate {shown.write(test['estimate'])}" if test["estimate"] is not None else ""
            said.append(f"  {words}: {kind} = {fixed(test['statistic'], 2)}, {p_equals(test['p_value'])}{limit}.")
    if found["rank"]:
        rank = found["rank"]
        said.append(f"  Rank correlation (Begg): Kendall's τ = {fixed(rank['tau'], 2)}, {p_equals(rank['p_value'])}.")
    if found["trim_and_fill"]:
        filled = found["trim_and_fill"]
        span = f"{shown.write(filled['ci_lower'])} to {shown.write(filled['ci_upper'])}"
        said.append(
            f"  Trim and fill: {count(filled['k0'], 'study', 'studies')} missing on the {filled['side']}; "
            f"with them {shown.write(filled['estimate'])} ({span})."
        )
    safe = [f"{name.capitalize()} {number}" for name, number in found["fail_safe_n"].items() if number is not None]
    if safe:
        said.append(f"  Fail-safe N: {', '.join(safe)}.")
    return said if len(said) > 1 else []
