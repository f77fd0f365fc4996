"""Consistent claims: results that the engine computes from real data sets, printed with the rounding of papers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, sqrt

import numpy as np

from analysis.claims import Assessed, Claim, Document, Place, Quantity, Rule
from analysis.engine import egger_lm, egger_rma, pool, rank_test
from tests.reference.datasets import DATASETS, load, studies

RATIOS = {"RR", "OR", "IRR", "ROM"}
MODELS = (
    ("DL", "wald", "ci"),
    ("REML", "wald", "ci"),
    ("REML", "hksj", "ci"),
    ("PM", "hksj", "t_k_minus_2"),
    ("DL", "wald", "t_k_minus_2"),
)


@dataclass(frozen=True)
class Style:
    """How a journal prints: decimals of estimates, of p values, of I², and its minus sign."""

    decimals: int
    p_decimals: int
    i2_decimals: int
    minus: str = "-"
    zero: bool = True

    def number(self, value: float, decimals: int | None = None) -> str:
        """Print a number."""
        text = f"{value:.{self.decimals if decimals is None else decimals}f}"
        text = text.replace("-", self.minus) if float(text) else text.removeprefix("-")
        return text if self.zero else text.replace("0.", ".", 1) if abs(value) < 1 else text

    def p_value(self, value: float) -> str:
        """Print a p value; small ones as a bound."""
        least = 10.0**-self.p_decimals
        bound = "<" + self.number(least, self.p_decimals)
        return bound if value < least else self.number(value, self.p_decimals)


STYLES = (Style(2, 3, 0), Style(2, 2, 1, "−", False), Style(3, 3, 1, "–"))


def results() -> Iterator[Document]:
    """Give one document for each data set, model and style: everything that a paper may print of a pooled result."""
    for name, (measure, k) in DATASETS.items():
        yi, vi = studies(load(name))
        for index, (tau2_method, ci_method, pi_method) in enumerate(MODELS):
            style = STYLES[(index + len(name)) % len(STYLES)]
            fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method, pi_method=pi_method if k > 2 else "ci")
            yield Document(list(_printed(f"{name} {tau2_method} {ci_method}", measure, fit, yi, vi, style)))


def _printed(name: str, measure: str, fit: object, yi: np.ndarray, vi: np.ndarray, style: Style) -> Iterator[Claim]:
    """Print a fit with its tests of small-study effects."""
    back = exp if measure in RATIOS else float
    raw = {Quantity.K: str(fit.k)}
    shown = (("estimate", "estimate"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper"))
    shown += (("pi_lower", "pi_lower"), ("pi_upper", "pi_upper"))
    for quantity, field in shown:
        if getattr(fit, field) is not None:
            raw[Quantity(quantity)] = style.number(back(getattr(fit, field)))
    raw[Quantity.SE] = style.number(fit.se, 3)
    raw[Quantity.Z] = style.number(fit.statistic, 2)
    raw[Quantity.P_VALUE] = style.p_value(fit.p_value)
    raw[Quantity.I2] = style.number(100 * fit.i2, style.i2_decimals)
    raw[Quantity.TAU2] = style.number(fit.tau2, 3)
    raw[Quantity.TAU] = style.number(sqrt(fit.tau2), 2)
    raw[Quantity.Q] = style.number(fit.q, 2)
    raw[Quantity.Q_DF] = str(fit.q_df)
    raw[Quantity.Q_P_VALUE] = style.p_value(fit.q_p_value)
    if fit.k >= 4 and np.ptp(vi) > 0:
        test = egger_lm(yi, vi) if fit.k % 2 else egger_rma(yi, vi)
        raw[Quantity.EGGER_STATISTIC] = style.number(test.statistic, 2)
        raw[Quantity.EGGER_P_VALUE] = style.p_value(test.p_value)
        ranks = rank_test(yi, vi)
        raw[Quantity.RANK_CORRELATION] = style.number(ranks.tau, 3)
        raw[Quantity.RANK_P_VALUE] = style.p_value(ranks.p_value)
    word = "significant" if fit.p_value < 0.05 else "not significant"
    raw[Quantity.SIGNIFICANCE] = word
    for place in ("abstract", "results"):
        for quantity, text in raw.items():
            unit = "%" if quantity is Quantity.I2 else ""
            yield Claim(
                f"{place}.{quantity.value}",
                quantity,
                text,
                Place(section=place),
                statement=f"{name} {place}",
                subject=name,
                outcome=name,
                measure=measure if measure in RATIOS else "MD",
                unit=unit,
            )


def manuscripts() -> Iterator[Document]:
    """Give one document for each data set: an abstract with a result, a text with it and with those of other models.

    Nothing says what they are about, as in the manuscript of a stranger.
    """
    for name, (measure, k) in DATASETS.items():
        yi, vi = studies(load(name))
        style, claims = STYLES[len(name) % len(STYLES)], []
        for tau2_method, ci_method, pi_method in MODELS:
            fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method, pi_method=pi_method if k > 2 else "ci")
            claims += _printed(tau2_method + ci_method, measure, fit, yi, vi, style)
        first = f"{MODELS[0][0]}{MODELS[0][1]} abstract"
        kept = [claim for claim in claims if claim.place.section != "abstract" or claim.statement == first]
        yield Document(
            [
                replace(claim, code=f"{claim.statement} {claim.code}", subject="", outcome="")
                for claim in kept
                if claim.quantity.value in ("estimate", "ci_lower", "ci_upper", "k")
            ]
        )


def pairs() -> Iterator[Document]:
    """Give the data sets that have both an SMD and a mean difference, with the spread of their scale."""
    for name in ("curtis1998", "gibson2002", "normand1999"):
        fits = {measure: pool(*studies(load(f"{name}-{measure}"))) for measure in ("SMD", "MD")}
        size = abs(fits["SMD"].estimate)
        word = "small" if size < 0.4 else "moderate" if size < 0.75 else "large"
        yield Document(
            [
                _claim(f"{name}.smd", "estimate", f"{fits['SMD'].estimate:.2f}", name, measure="SMD"),
                _claim(f"{name}.md", "mean_difference", f"{fits['MD'].estimate:.2f}", name),
                _claim(f"{name}.size", "size_word", f"a {word} effect", name),
                _claim(f"{name}.mcid", "mcid", f"{abs(fits['MD'].estimate) / 2:.3f}", name),
                _claim(f"{name}.importance", "importance", "clinically important", name),
                _claim(f"{name}.width", "scale_width", f"{200 * abs(fits['MD'].estimate / size):.0f}", f"{name}.scale"),
            ]
        )


def _claim(code: str, quantity: str, text: str, statement: str, **fields: str) -> Claim:
    outcome = statement.partition(".")[0]
    fields = {"section": "results", **fields}
    place = Place(section=fields.pop("section"))
    return Claim(code, Quantity(quantity), text, place, statement, **{"outcome": outcome, "subject": code, **fields})


def described() -> Iterator[Document]:
    """Give one document for each data set with sample sizes: a table of its studies and what a text says of it."""
    for name in DATASETS:
        inputs = load(name).get("inputs") or {}
        sizes = [inputs[key] for key in ("n1i", "n2i") if key in inputs]
        if len(sizes) == 2 and len(sizes[0]) >= 4:
            yield _table(name, [int(n) for n in sizes[0]], [int(n) for n in sizes[1]])


def _table(name: str, first: list[int], second: list[int]) -> Document:
    total = [a + b for a, b in zip(first, second, strict=True)]
    k, cut = len(total), int(np.median(total))
    rows = [
        {"study": f"Trial {chr(65 + i // 26)}{chr(65 + i % 26)}", "n": str(total[i]), "n_1": str(a), "n_2": str(b)}
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    rows = [{**row, "groups": "2", "size": "large" if int(row["n"]) >= cut else "small"} for row in rows]
    large = sum(row["size"] == "large" for row in rows)
    judged = [("low", "low") if i % 3 else ("low", "high") for i in range(k)]
    claims = [
        _claim("k", "count", str(k), "k", rows="studies:", relation="= large + small"),
        _claim("large", "count", str(large), "large", part_of="k", rows="studies: size = large"),
        _claim("large.percent", "percent", f"{100 * large / k:.1f}", "large", part_of="k", unit="%"),
        _claim("small", "count", str(k - large), "small", part_of="k", rows=f"studies: n < {cut}"),
        _claim("small.percent", "percent", f"{100 * (k - large) / k:.0f}", "small", part_of="k", unit="%"),
        _claim("pooled", "k", str(large), "pooled", rows="studies: size = large", part_of="k"),
        _claim("total", "sum", f"{sum(total):,}", "total", rows="studies:", column="n"),
        _claim("median", "median", f"{np.median(total):g}", "n", rows="studies:", column="n"),
        _claim("low", "quartile_lower", f"{np.percentile(total, 25):.0f}", "n", rows="studies:", column="n"),
        _claim("high", "quartile_upper", f"{np.percentile(total, 75):.0f}", "n", rows="studies:", column="n"),
        _claim("least", "minimum", str(min(total)), "n", rows="studies:", column="n"),
        _claim("most", "maximum", str(max(total)), "n", rows="studies:", column="n"),
        _claim("promised", "promised", "kappa", "promised", section="methods"),
        _claim("reported", "reported", "kappa", "reported"),
        _claim("date.search", "date", "2021-03", "dates"),
        _claim("date.submitted", "date", "2021-03-20", "dates"),
        _claim("certainty.main", "certainty", "low", "certainty", subject="main"),
        _claim("certainty.table", "certainty", "Low", "certainty.table", subject="main"),
        _claim("certainty.part", "certainty", "very low", "certainty.part", subject="part", main="main"),
        _claim("larger", "comparison", "more", "larger", relation="k > small" if k > large else "k >= large"),
    ]
    assessed = [
        Assessed(row["study"], tuple(zip(("selection", "reporting"), one, strict=True)), max(one, key=len), "RoB 2")
        for row, one in zip(rows, judged, strict=True)
    ]
    assessed = [
        Assessed(one.study, one.domains, "high" if "high" in dict(one.domains).values() else "low", "RoB 2")
        for one in assessed
    ]
    rule = Rule("size", "At least as many as the smallest", "studies", f"n >= {min(total)}")
    labels = [(row["study"], place, row["study"]) for row in rows for place in ("Table 1", "Figure 2")]
    return Document(claims, {"studies": rows}, [rule], assessed, labels, [("studies", "n", ("n_1", "n_2"), "groups")])


def documents() -> list[Document]:
    """Give all consistent documents."""
    return [*results(), *manuscripts(), *pairs(), *described()]
