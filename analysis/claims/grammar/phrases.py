"""The named numbers that stand beside a pooled result: k, n, I², tau², Q, z, p."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.claims.claim import Quantity
from analysis.claims.grammar.number_words import IN_WORDS, in_digits
from analysis.claims.grammar.tokens import SPACE, THIN, count, labelled, number

SQUARED = rf"(?:²|{SPACE}?\^{SPACE}?2|\^\{{2\}}|{SPACE}?2|(?:-|{SPACE}?)squared|{SPACE}square)"
NAMES: tuple[tuple[Quantity, str], ...] = (
    (Quantity.I2, rf"I{SQUARED}"),
    (Quantity.TAU2, rf"(?:[τΤ𝜏𝛕]|[Tt]au){SQUARED}"),
    (Quantity.TAU, rf"(?:τ|[Tt]au)(?={SPACE}*[=:<])"),
    (Quantity.Z, r"[Zz](?:[- ]?(?:value|score))?"),
    (Quantity.SE, r"SE"),
)
# Behind a small number: “5.7 × 10^-6”, “3.4×10⁻⁶”, “5.7e-06”.
POWER = rf"(?:{SPACE}?[x×]{SPACE}?10{SPACE}?(?:\^?{SPACE}?(?:\([-−–]\d+\)|[-−–]\d+)|⁻[⁰¹²³⁴-⁹]+)|[eE][-−–]\d+)?"
P = rf"(?:[Pp]|p{SPACE}?value)"
HETEROGENEITY = re.compile(r"heterogeneity|homogeneity|Q[- ]?test|Cochran|I[²2^]|[χχ]|chi", re.IGNORECASE)
# Behind Q or chi-squared, with nothing between that has a p value of its own.
OF_Q = re.compile(r"(?:\bQ[TBWEM]?\b|[χΧ𝜒]|[Cc]hi)(?:(?!\b[zZtF]\b|\bCI\b|;|\.\s).)*$", re.DOTALL)
# A p value at once behind I² is that of heterogeneity more often than that of the effect; so it is not held against it.
BEHIND_I2 = re.compile(rf"I{SQUARED}{SPACE}*[=:]{SPACE}*[\d.,·]+{SPACE}?%?{SPACE}*[,;(]?{SPACE}*$")
# What a p value is of, where that is said behind it: “P = .03 for interaction”.
OF_ANOTHER = re.compile(
    rf"{SPACE}?,?{SPACE}(?:for|from)(?:{SPACE}(?:the|a))?(?:{SPACE}tests?{SPACE}(?:for|of))?{SPACE}(?:[\w-]+{SPACE}){{0,2}}?"
    r"(?:interaction|difference|trend|subgroup|linearity|comparison)"
)
BEHIND_Q = re.compile(rf"\bQ[TE]?(?:_?\d+|{SPACE}?\([^)]*\))?{SPACE}*={SPACE}*[\d.,·]+{SPACE}*;{SPACE}*$")
SAID_BEHIND = re.compile(rf"{SPACE}?,?{SPACE}for{SPACE}(?:\w+{SPACE})?heterogeneity")
# Q of differences between subgroups, or of moderators, and the F of the same.
BETWEEN_GROUPS = re.compile(r"\b(?:Q[_-]?(?:[BM]|[Bb]etween|b)|F)\b\s*[(=\[][^;]*$|\bQ\w*\s*between\b[^;]*$")
STUDIES = (
    r"(?:[a-z]+-[a-z]+ )?(?:(?:eligible|included|independent|parallel|prospective|observational|published) )?"
    r"(?:randomi[sz]ed )?(?:controlled )?(?:clinical )?"
    r"(?:studies|trials|RCTs|study|trial|cohorts|comparisons|effect sizes|independent samples|"
    r"Studien|essais|études|estudios|ensayos)"
)
PEOPLE = (
    r"(?:participants|patients|individuals|people|subjects|adults|children|women|men|persons|"
    r"students|pacientes|participantes|Patienten|Teilnehmende[nr]?)"
)

# A number of people behind these is the whole of a share: “45 of 360 patients”, “45 (12.5 %) of 360 patients”.
WHOLE_BEFORE = re.compile(rf"(?:\d|%\s?\)|{IN_WORDS})\s(?:of|von|out of)(?: the)?\s$")
# Studies behind these words are none that are pooled: “trim and fill imputed 6 studies”.
NOT_POOLED = re.compile(
    rf"\b(?:imput\w*|add(?:s|ed|ing)?|fill(?:s|ed|ing)|missing|remov\w*|exclud\w*|omit\w*){SPACE}(?:the{SPACE})?$"
)
SIZED = "="
# Between a number of studies and that word: “three (n = 480) studies”.
WITH_N = rf"(?:\([nN]{SPACE}?={SPACE}?\d[\d, ]*\){SPACE})?"
METHOD = r"[A-Z][A-Za-z. ]{2,40}\([^()]*\b(?:Fixed|Random)\b[^()]*\)"
ANALYSIS = re.compile(rf"(?<!\S)(?P<k>[1-9]\d{{0,2}})(?:\s+(?P<n>[1-9]\d{{1,6}}))?\s+{METHOD}")


@dataclass(frozen=True, slots=True)
class Found:
    """A number of a text: what it states, its text, where it begins and ends, and its unit."""

    quantity: Quantity
    text: str
    start: int
    end: int
    unit: str = ""


def named_numbers(text: str, decimal: str) -> Iterator[Found]:
    """Give the named numbers of a stretch of text."""
    for quantity, names in NAMES:
        for match in labelled(names, decimal).finditer(text):
            bound = match.group("sign").strip()
            shown = f"{bound} {match.group('number')}" if bound in "<>≤≥" and bound else match.group("number")
            unit = match.group("unit") or ""
            yield Found(quantity, shown.strip(), match.start(), match.end(), unit)
    yield from _p_values(text, decimal)
    yield from _q(text, decimal)
    yield from _sizes(text, decimal)
    yield from _of_an_analysis(text)


def _p_values(text: str, decimal: str) -> Iterator[Found]:
    """Give p values; those of a test of heterogeneity where the words before say so."""
    pattern = re.compile(
        rf"(?<![\w.]){P}(?:{SPACE}?(?:for|of){SPACE}(?P<of>[\w ]{{3,30}}?)|[_-](?P<sub>[A-Za-z]+)|"
        rf"(?P<name>heterogeneity|het|interaction|subgroups?|trend|[Ee]gger)\b)?{SPACE}*"
        rf"(?P<sign>[=<>≤≥]){SPACE}*(?P<number>{number(decimal)}{POWER})"
    )
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        named = " ".join(match.group(name) or "" for name in ("of", "sub", "name"))
        is_of_q = bool(HETEROGENEITY.search(named)) or bool(OF_Q.search(before))
        is_of_q = is_of_q or any(one.search(before) for one in (BEHIND_I2, BEHIND_Q))
        is_of_q = is_of_q or bool(SAID_BEHIND.match(text, match.end()))
        quantity = Quantity.Q_P_VALUE if is_of_q else Quantity.P_VALUE
        other = re.search(
            r"interaction|subgroup|[Ee]gger|[Bb]egg|moderator|trend|(?<!risk of )bias|log-?rank", before[-40:] + named
        )
        if other or BETWEEN_GROUPS.search(before) or OF_ANOTHER.match(text, match.end()):
            quantity = Quantity.OTHER
        sign = match.group("sign")
        shown = match.group("number") if sign == "=" else f"{sign} {match.group('number')}"
        yield Found(quantity, shown, match.start(), match.end())


def _q(text: str, decimal: str) -> Iterator[Found]:
    """Give Q (or chi-squared) with the degrees of freedom in brackets behind it or named df."""
    one = rf"(?:\d{{1,3}}(?:,\d{{3}})+\.\d+|{number(decimal)})" if decimal == "." else number(decimal)
    pattern = re.compile(
        rf"(?<![\w])(?:Q[TE]?|[χΧ𝜒][²2]|[Cc]hi{SQUARED}?)(?:{SPACE}?[(\[]{SPACE}?(?:df{SPACE}?={SPACE}?)?(?P<df>\d+)[^)\]]{{0,12}}[)\]]|"
        rf"(?<=Q)_?(?P<df3>\d{{1,3}})(?={SPACE}*=))?"
        rf"{SPACE}*={SPACE}*(?P<q>{one})(?:[,;]?{SPACE}*\(?(?:df|d\.f\.){SPACE}?={SPACE}?(?P<df2>\d+))?"
    )
    for match in pattern.finditer(text):
        yield Found(Quantity.Q, match.group("q"), match.start("q"), match.end("q"))
        for name in ("df", "df2", "df3"):
            if not match.group(name):
                continue
            yield Found(Quantity.Q_DF, match.group(name), match.start(name), match.end(name))


def _of_an_analysis(text: str) -> Iterator[Found]:
    """Give the sizes in a row of analyses as Cochrane prints them: “8 91107 Risk Ratio (M-H, Random, 95% CI)”."""
    match = ANALYSIS.search(text)
    if match is None:
        return
    for quantity, name in ((Quantity.K, "k"), (Quantity.N, "n")):
        if match.group(name):
            yield Found(quantity, match.group(name), match.start(name), match.end(name), SIZED)


def _sizes(text: str, decimal: str) -> Iterator[Found]:
    """Give numbers of studies and of participants; those that are written as k or n have that as their unit."""
    one, spaced = count(decimal), rf"\d{{1,3}}(?:[ {THIN}]\d{{3}})+(?!\d)"
    patterns = (
        (Quantity.K, rf"(?<![\w])[kK]{SPACE}?={SPACE}?(?P<n>\d+)"),
        (Quantity.K, rf"(?<![\w.,-])(?P<n>\d{{1,3}}){SPACE}{WITH_N}{STUDIES}\b"),
        (Quantity.K, rf"(?P<n>{IN_WORDS}){SPACE}{WITH_N}{STUDIES}\b"),
        (Quantity.K, rf"\b{STUDIES}{SPACE}?={SPACE}?(?P<n>\d+)"),
        (Quantity.N, rf"\b{PEOPLE}{SPACE}?={SPACE}?(?P<n>{one})"),
        (Quantity.N, rf"(?<![\w])[nN]{SPACE}?={SPACE}?(?P<n>{spaced}|{one})(?![.,]?\d)(?!{SPACE}{STUDIES})"),
        (Quantity.N, rf"(?<![\w.,-])(?P<n>{spaced}|{one}){SPACE}{PEOPLE}\b"),
    )
    for quantity, pattern in patterns:
        for match in re.finditer(pattern, text):
            before = text[max(0, match.start() - 20) : match.start()]
            if WHOLE_BEFORE.search(before) or NOT_POOLED.search(before):
                continue
            shown = in_digits(match.group("n"))
            unit = SIZED if "=" in match.group() else ""
            yield Found(quantity, shown, match.start("n"), match.end("n"), unit)
