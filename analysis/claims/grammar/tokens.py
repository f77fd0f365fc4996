"""The words, numbers and signs of a line of text, in the ways that journals write them."""

from __future__ import annotations

import re
from functools import cache

# Number with sign, digits and decimals; `D` is filled in with what stands before decimals in the document.
SIGN = r"[-+−–‐‑﹣－]"
THIN = "\u00a0\u2009\u202f\u2007"
SPACE = rf"[\s{THIN}]"


@cache
def number(decimal: str) -> str:
    """Give the pattern of a number with decimals behind a point (of either height) or a comma."""
    point = "[.·]" if decimal == "." else ","
    return rf"(?:{SIGN}{SPACE}?)?(?:\d+(?:{point}\d+)?|{point}\d+)"


@cache
def count(decimal: str = ".") -> str:
    """Give the pattern of a count; thousands are grouped by commas (points, where decimals have commas) or spaces."""
    group = "," if decimal == "." else "."
    return rf"\d{{1,3}}(?:[{group}'{THIN}]\d{{3}})+|\d+"


# Names of effect measures as printed, with the one that claims have.
MEASURES: dict[str, str] = {
    "(?:log|ln)(?:arithm of the)?[- ](?:odds|risk|hazard|rate|response) ratios?": "BETA",
    "(?:log|ln)[ -]?(?:OR|RR|HR|IRR|ROM)s?": "BETA",
    "(?:(?:relative |hazard )?risk reductions?|(?:vaccine )?(?:efficacy|effectiveness))": "PROP",
    "standardi[sz]ed mean differences?": "SMD",
    "weighted mean differences?": "MD",
    "mean differences?": "MD",
    "diff[ée]rences? moyennes? standardis[ée]es?": "SMD",
    "(?:diff[ée]rences? moyennes?|diferencias? de medias)": "MD",
    "risk differences?": "RD",
    "(?:relative risks?|risk ratios?|risques? relatifs?|riesgos? relativos?)": "RR",
    "(?:odds ratios?|rapports? de cotes|razones de momios)": "OR",
    "hazard ratios?": "HR",
    "(?:incidence )?rate ratios?": "IRR",
    "ratio of means": "ROM",
    "(?:Hedges['’]?s?['’]? ?)g": "SMD",
    "(?:Cohen['’]?s? ?)d": "SMD",
    "(?:a|adj)?SMDs?": "SMD",
    "WMD": "MD",
    "(?:a|adj)?MDs?": "MD",
    "(?:a|adj)?RRs?": "RR",
    "(?:a|adj)?ORs?": "OR",
    "(?:a|adj)?HRs?": "HR",
    "IRRs?": "IRR",
    "RDs?": "RD",
    "RoM": "ROM",
    "(?:(?:point )?prevalence|proportion|incidence|sensitivity|specificity|AUC|event rate)": "PROP",
    "(?:medians?|kappa|κ|ICC|C[- ]statistic|NNTB?|NNTH|numbers? needed to (?:treat|harm))": "MEDIAN",
    "(?:regression coefficients?|slopes?)": "BETA",
    "(?:β|[Bb]eta)": "BETA",
    "ES": "ES",
    "g": "SMD",
    "d": "SMD",
    "r": "R",
}


def _spelt(name: str) -> str:
    """Give the pattern of a name: abbreviations as they are written, words with small and capital letters alike."""
    return name if re.match(r"[A-Zgdr]|\(\?:β|\(\?:(?:a\||Hedges|Cohen)", name) else f"(?i:{name})"


MEASURE = re.compile(
    r"(?<![\w])(?:" + "|".join(f"(?P<m{i}>{_spelt(name)})" for i, name in enumerate(MEASURES)) + r")(?![\w])",
)
# Names that are short or common words count only where a number follows them at once.
SHORT = frozenset({"g", "d", "r", "ES", "β", "beta", "Beta"})


def measure_of(match: re.Match[str]) -> str:
    """Give the measure that a match of MEASURE names."""
    index = next(int(name[1:]) for name, found in match.groupdict().items() if found is not None)
    return list(MEASURES.values())[index]


def uses_decimal_commas(text: str) -> bool:
    """Whether the numbers of a text have commas before their decimals."""
    commas = len(re.findall(r"(?<![\d.,])\d?\d,\d{1,2}(?![\d,.]?\d)", text))
    points = len(re.findall(r"(?<![\d.,])\d*[.·]\d{1,3}(?![\d,.]?\d)", text))
    return commas > points


CI = re.compile(
    rf"(?:(?P<level>\d{{2}}(?:[.,]\d)?){SPACE}?[%％]?(?:-|{SPACE})?)?"
    r"(?P<what>confidence intervals?|Konfidenzintervalle?|credible intervals?|"
    rf"intervall?[eo]s? de confian(?:ce|za)(?:{SPACE}(?:à|al?|del?){SPACE}\d\d{SPACE}?%)?|"
    r"predict(?:ion|ive) intervals?|"
    rf"IC{SPACE}?(?P<behind>95|90|99){SPACE}?%|C\.?I\.?s?\b|K\.?I\.?\b|Cr\.?I\b|P\.?I\.?s?\b)",
    re.IGNORECASE,
)
TO = rf"{SPACE}*(?:\bto\b|\bbis\b|\bà\b|\ba\b|\band\b|[,;:/]|[–—−‐-]|\.\.\.?){SPACE}*"
BETWEEN = rf"{SPACE}*[:=,;]?{SPACE}*(?:\b(?:from|of|was|is|were|von|rang(?:ed|ing)|de)\b{SPACE}*)*[\[(\{{]?{SPACE}*"


@cache
def limits(decimal: str) -> re.Pattern[str]:
    """Give the pattern of two limits, in brackets or without."""
    one = number(decimal)
    return re.compile(rf"(?P<low>{one}){SPACE}?%?{TO}(?P<high>{one})(?![\w.,]*\d)")


@cache
def labelled(names: str, decimal: str, *, has_bound: bool = True) -> re.Pattern[str]:
    """Give the pattern of a named number, such as I² = 73 % or P < .001."""
    sign = r"[=:<>≤≥]" if has_bound else r"[=:]"
    return re.compile(
        rf"(?<![\w])(?:{names}){SPACE}*(?:\b(?:was|of|is|value|values)\b{SPACE}*)*(?P<sign>{sign}|(?=\d)){SPACE}*"
        rf"(?P<number>{number(decimal)}){SPACE}?(?P<unit>%)?"
    )
