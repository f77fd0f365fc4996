"""Rows of tables whose header names what stands in each column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.claims.claim import Quantity
from analysis.claims.grammar.phrases import SQUARED, Found
from analysis.claims.grammar.pooled import Prediction, Result
from analysis.claims.grammar.tokens import CI, MEASURE, SPACE, count, limits, measure_of, number

EFFECT, INTERVAL, LOWER, UPPER, PREDICTED, UNCLEAR = "effect", "interval", "lower", "upper", "predicted", "unclear"
# How a row is pooled, with its measure: “Risk Ratio (M-H, Random, 95% CI)”.
METHOD = "method"
# Two counts in one column: “Trials (participants)” and, as in a summary of findings, “Participants (studies)”.
K_AND_N, N_AND_K = "k (n)", "n (k)"
# Columns of one number, by the whole of their heading; what follows in brackets, such as a unit, is left out before.
STUDY_WORDS = r"(?:studies|trials|RCTs|comparisons|cohorts)"
PEOPLE_WORDS = r"(?:participants|patients|subjects|individuals|people|total n|sample size)"
HOW_MANY = r"(?:(?:no\.?|number|n|k|#)\s*(?:of\s+)?)?"
COLUMNS: tuple[tuple[str, str], ...] = (
    (Quantity.K, rf"k|{HOW_MANY}{STUDY_WORDS}"),
    (Quantity.N, rf"N|{HOW_MANY}{PEOPLE_WORDS}"),
    (Quantity.I2, rf"I{SQUARED}"),
    (Quantity.TAU2, rf"(?:[τΤ]|tau){SQUARED}"),
    (Quantity.TAU, r"τ|tau"),
    (Quantity.Q, rf"Q|Cochran.s Q|(?:χ|chi){SQUARED}"),
    (Quantity.Q_P_VALUE, r"p\s*\(?(?:of |for )?(?:Q|het\w*)\)?|p[- ]?values?\s*\(?(?:of |for )?(?:Q|het\w*)\)?"),
    (Quantity.P_VALUE, r"p|p[- ]?values?"),
    (Quantity.Z, r"z|z[- ]?values?"),
    (Quantity.SE, r"SE|standard error"),
    (
        LOWER,
        rf"(?:(?:\d\d{SPACE}?%{SPACE}?)?CI[- ]?)?(?:lower|LL|low)(?:[- ](?:limit|bound|CI|95{SPACE}?%{SPACE}?CI))?",
    ),
    (
        UPPER,
        rf"(?:(?:\d\d{SPACE}?%{SPACE}?)?CI[- ]?)?(?:upper|UL|high)(?:[- ](?:limit|bound|CI|95{SPACE}?%{SPACE}?CI))?",
    ),
)
COLUMNS += (
    (METHOD, r"statistical method"),
    (K_AND_N, rf"{HOW_MANY}(?:k|{STUDY_WORDS})\s*[(\[/,]\s*(?:{HOW_MANY}{PEOPLE_WORDS}|n)\s*[)\]]?"),
    (N_AND_K, rf"{HOW_MANY}(?:n|{PEOPLE_WORDS})\s*[(\[/,]\s*(?:{HOW_MANY}{STUDY_WORDS}|k)\s*[)\]]?"),
)
HEADINGS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in COLUMNS)
OF_HETEROGENEITY = frozenset({Quantity.I2, Quantity.TAU2, Quantity.TAU, Quantity.Q})
BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
# A cell of numbers alone, which a heading is not.
NUMBERED = re.compile(r"[^A-Za-zÀ-žΑ-ω]*\d[^A-Za-zÀ-žΑ-ω]*")
FEWEST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Header:
    """What the columns of a table hold, with the measure of its effects and the level of its intervals."""

    kinds: tuple[str, ...]
    measure: str
    level: str

    def __len__(self) -> int:
        """The number of columns."""
        return len(self.kinds)


@dataclass(frozen=True, slots=True)
class Row:
    """The result of a row, with the numbers beside it."""

    result: Result
    beside: tuple[Found, ...]
    prediction: Prediction | None


def cells_of(line: str) -> list[str]:
    """Give the cells of a line: parted by tabs, by bars, or by two spaces and more as in the text of a PDF."""
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    if " | " in line:
        plain = line.strip()
        has_outer = plain.startswith("|") and plain.endswith("|")
        return [cell.strip() for cell in (plain[1:-1] if has_outer else line).split("|")]
    return re.split(r"\s{2,}", line.strip())


def read_header(cells: Sequence[str], above: Sequence[str] = ()) -> Header | None:
    """Give the header that these cells are, together with those of the row above, or alone.

    None where they name no effect with its interval, or name two.
    """
    if len(cells) < FEWEST_COLUMNS:
        return None
    is_second = len(above) == len(cells) and not any(map(NUMBERED.fullmatch, (*above, *cells)))
    joined = _header([_both(*pair) for pair in zip(above, cells, strict=True)]) if is_second else None
    return joined or _header(cells)


def _both(above: str, below: str) -> str:
    """Give the heading that two cells of one column are: the one that is known, or both where they say one thing."""
    up, low = _kind_of(above), _kind_of(below)
    named = MEASURE.search(above)
    if low == EFFECT and named is not None and MEASURE.search(below) is None:
        return f"{named.group()} {below}"
    if (low in (INTERVAL, LOWER, UPPER) and up in (EFFECT, INTERVAL)) or not (up or low):
        return f"{above} {below}".strip()
    return below if low else above


def _header(cells: Sequence[str]) -> Header | None:
    """Give the header that the headings of the columns are."""
    kinds = [_kind_of(cell) for cell in cells]
    for place, kind in enumerate(kinds):
        # Whether the p value behind Q or I² is theirs or that of the effect cannot be told.
        if kind == Quantity.P_VALUE and place and kinds[place - 1] in OF_HETEROGENEITY:
            kinds[place] = UNCLEAR
    kinds = [UNCLEAR if kind and kinds.count(kind) > 1 else kind for kind in kinds]
    has_interval = INTERVAL in kinds or {LOWER, UPPER} <= set(kinds) or METHOD in kinds
    if EFFECT not in kinds:
        return None
    effect = cells[kinds.index(EFFECT)]
    if not has_interval and CI.search(effect) is None:
        return None
    found = MEASURE.search(effect)
    levels = [match.group("level") for cell in cells for match in CI.finditer(cell) if match.group("level")]
    return Header(tuple(kinds), measure_of(found) if found else "", levels[0] if levels else "")


def _kind_of(heading: str) -> str:
    """Give what a column of this heading holds, "" where it is not known."""
    text = re.sub(r"\s+", " ", heading).strip().rstrip(":*")
    text = re.sub(r",?\s*%$", "", text)
    interval = CI.match(text.lstrip("(["))
    if interval is not None and interval.end() >= len(text.strip("()[]")):
        is_predicted = interval.group("what").lower().startswith("p")
        return PREDICTED if is_predicted else INTERVAL
    for plain in (text, BRACKETS.sub("", text)):
        for kind, pattern in HEADINGS:
            if plain not in ("n",) and pattern.fullmatch(plain):
                return kind
    without = BRACKETS.sub("", text).rstrip(",;")
    without = CI.sub("", without).strip(" ,;") if CI.search(without) else without
    named = MEASURE.search(without)
    is_effect = named is not None and len(without) <= len(named.group()) + 16
    return (
        EFFECT if is_effect or re.fullmatch(r"(?i)(?:pooled |summary )?(?:effect(?: size)?|estimate)", without) else ""
    )


def read_row(header: Header, cells: Sequence[str], decimal: str) -> Row | None:
    """Give the result of a row below a header; None where it has none, or not as many cells."""
    if len(cells) != len(header):
        return None
    by_kind = {kind: cell for kind, cell in zip(header.kinds, cells, strict=True) if kind}
    result = _result(header, by_kind, decimal)
    if result is None:
        return None
    prediction = None
    if PREDICTED in by_kind:
        found = limits(decimal).search(by_kind[PREDICTED])
        prediction = Prediction(found.group("low"), found.group("high"), 0, 0) if found else None
    return Row(result, tuple(_numbers(by_kind, decimal)), prediction)


def _result(header: Header, by_kind: dict[str, str], decimal: str) -> Result | None:
    one = re.compile(rf"(?P<e>{number(decimal)}){SPACE}?(?P<share>%)?")
    effect = by_kind.get(EFFECT, "")
    # A column of several measures names them in its cells: “SMD −0.41 (−0.60 to −0.22)”.
    named = MEASURE.match(effect)
    effect = re.sub(rf"^{SPACE}*[=:]?{SPACE}*", "", effect[named.end() :]) if named else effect
    estimate = one.match(effect)
    if estimate is None:
        return None
    if LOWER in by_kind and UPPER in by_kind:
        low, high = one.fullmatch(by_kind[LOWER]), one.fullmatch(by_kind[UPPER])
        found = (low.group("e"), high.group("e")) if low and high else None
    else:
        text = by_kind[INTERVAL] if INTERVAL in by_kind else effect[estimate.end() :]
        both = limits(decimal).search(text)
        found = (both.group("low"), both.group("high")) if both else None
    if found is None:
        return None
    method = MEASURE.search(by_kind.get(METHOD, ""))
    named = named or method
    level = next((one.group("level") for one in CI.finditer(by_kind.get(METHOD, ""))), None) or header.level
    measure = (measure_of(named) if named else header.measure) or ("PROP" if estimate.group("share") else "")
    return Result(estimate.group("e"), *found, level, measure, 0, 0)


def _numbers(by_kind: dict[str, str], decimal: str) -> Iterator[Found]:
    """Give the numbers of the columns that hold one each."""
    whole = re.compile(rf"{count(decimal)}|\d{{1,3}}(?: \d{{3}})+")
    one = re.compile(
        rf"(?:(?:[pPQzZ]|I{SQUARED}|(?:[τΤ]|[Tt]au){SQUARED}){SPACE}*=?{SPACE}*)?(?P<sign>[<>≤≥]?){SPACE}*(?P<n>{number(decimal)}){SPACE}?(?P<unit>%?)\**"
    )
    for kind, cell in by_kind.items():
        if kind in (EFFECT, INTERVAL, LOWER, UPPER, PREDICTED, UNCLEAR, METHOD):
            continue
        if kind in (K_AND_N, N_AND_K):
            yield from _two_counts(cell, kind)
            continue
        quantity = Quantity(kind)
        if quantity in (Quantity.K, Quantity.N):
            if whole.fullmatch(cell):
                yield Found(quantity, cell, 0, 0)
            continue
        found = one.fullmatch(cell)
        if found is not None:
            shown = f"{found.group('sign')} {found.group('n')}".strip()
            # I² in a column is a percentage with or without its sign, except where it is below 1 with decimals.
            is_share = quantity is Quantity.I2 and not re.match(r"0?[.,·]\d", found.group("n"))
            yield Found(quantity, shown, 0, 0, "%" if found.group("unit") or is_share else "")


def _two_counts(cell: str, kind: str) -> Iterator[Found]:
    """Give the numbers of studies and of participants of a cell that holds both: “8 (612)”, “612 (8 RCTs)”."""
    found = re.fullmatch(rf"({count()})[\s,;/]*[(\[]?\s*({count()})(?:\s+[A-Za-z ]+)?\s*[)\]]?", cell)
    if found is not None:
        quantities = (Quantity.K, Quantity.N) if kind == K_AND_N else (Quantity.N, Quantity.K)
        for quantity, text in zip(quantities, found.groups(), strict=True):
            yield Found(quantity, text, 0, 0)
