"""What a manuscript claims: one number or statement, typed, as printed, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import inf

from analysis.claims.interval import Interval
from analysis.claims.printed import Printed, read_printed


class Quantity(StrEnum):
    """What a claim states; the value is the word in files."""

    ESTIMATE = "estimate"
    CI_LOWER = "ci_lower"
    CI_UPPER = "ci_upper"
    SE = "se"
    Z = "z"
    P_VALUE = "p_value"
    K = "k"
    N = "n"
    I2 = "i2"
    TAU2 = "tau2"
    TAU = "tau"
    Q = "q"
    Q_DF = "q_df"
    Q_P_VALUE = "q_p_value"
    PI_LOWER = "pi_lower"
    PI_UPPER = "pi_upper"
    LEVEL = "level"
    EGGER_STATISTIC = "egger_statistic"
    EGGER_P_VALUE = "egger_p_value"
    RANK_CORRELATION = "rank_correlation"
    RANK_P_VALUE = "rank_p_value"
    MEAN_DIFFERENCE = "mean_difference"
    COUNT = "count"
    PERCENT = "percent"
    SUM = "sum"
    MEDIAN = "median"
    QUARTILE_LOWER = "quartile_lower"
    QUARTILE_UPPER = "quartile_upper"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    MEAN = "mean"
    SD = "sd"
    SCALE_WIDTH = "scale_width"
    MCID = "mcid"
    CERTAINTY = "certainty"
    SIGNIFICANCE = "significance"
    IMPORTANCE = "importance"
    SIZE_WORD = "size_word"
    COMPARISON = "comparison"
    PROMISED = "promised"
    REPORTED = "reported"
    REASON = "reason"
    DATE = "date"
    NAME = "name"
    OTHER = "other"

    @property
    def words(self) -> str:
        """The word as a person reads it."""
        return self.value.replace("_", " ")


COUNTS = frozenset({Quantity.K, Quantity.N, Quantity.COUNT, Quantity.Q_DF})
WORDS = frozenset(
    {
        *(Quantity.CERTAINTY, Quantity.SIGNIFICANCE, Quantity.IMPORTANCE, Quantity.SIZE_WORD, Quantity.COMPARISON),
        *(Quantity.PROMISED, Quantity.REPORTED, Quantity.REASON, Quantity.NAME, Quantity.DATE),
    }
)
P_VALUES = frozenset({Quantity.P_VALUE, Quantity.Q_P_VALUE, Quantity.EGGER_P_VALUE, Quantity.RANK_P_VALUE})
NEVER_NEGATIVE = frozenset({Quantity.SE, Quantity.I2, Quantity.TAU2, Quantity.TAU, Quantity.Q, Quantity.SD})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim is printed; what is not known is empty."""

    section: str = ""
    page: str = ""
    line: str = ""
    table: str = ""
    figure: str = ""
    quote: str = ""

    @property
    def lines(self) -> str:
        """The line, or the lines, with that word before."""
        return f"line{'s' if set(self.line) & set('-,;–') else ''} {self.line}"

    def __str__(self) -> str:
        parts = [self.section, self.table, self.figure]
        parts += [f"page {self.page}"] if self.page else []
        parts += [self.lines] if self.line else []
        return ", ".join(filter(None, parts)) or "place not noted"


@dataclass(frozen=True)
class Claim:
    """One claim of a document.

    Attributes
    ----------
    code : its name in the document
    quantity, text : what it states, and the text as printed
    place : where it is printed
    statement : claims with the same one are printed together, and are about one result
    subject : what it is about; claims with the same subject and quantity state the same thing
    outcome, measure, unit : such as "pain", "SMD", "%"
    main : the subject of the main result that this one is a sensitivity or subgroup result of
    part_of : the code of the whole that it counts a part of
    relation : what must hold between it and others: "= a + b - c", "<= d"; several after semicolons
    rows, column : of the document's tables, the rows (name: condition) and the column that it sums up
    note : what a person should know
    """

    code: str
    quantity: Quantity
    text: str
    place: Place = field(default_factory=Place)
    statement: str = ""
    subject: str = ""
    outcome: str = ""
    measure: str = ""
    unit: str = ""
    main: str = ""
    part_of: str = ""
    relation: str = ""
    rows: str = ""
    column: str = ""
    note: str = ""

    @cached_property
    def printed(self) -> Printed | None:
        """The number as printed, None for words."""
        return None if self.quantity in WORDS else read_printed(self.text)

    @cached_property
    def interval(self) -> Interval | None:
        """Every value that the printed number can stand for, in the scale of the quantity; None for words.

        Counts are not rounded. A p value lies in [0, 1]. Where I² is printed without a percent sign and is at most 1,
        it may be a share: the interval then holds neither reading, see `readings_of_i2`.
        """
        printed = self.printed
        if printed is None:
            return None
        if self.quantity in COUNTS and printed.is_whole and not (printed.bound or printed.is_about):
            return Interval(printed.number, printed.number)
        found = printed.interval
        if self.quantity in P_VALUES:
            return Interval(max(found.low, 0.0), min(found.high, 1.0))
        if self.quantity in NEVER_NEGATIVE and printed.number >= 0.0:
            return Interval(max(found.low, 0.0), found.high)
        return found

    @property
    def shown(self) -> str:
        """The text as printed, with its unit where the text has none."""
        return f"{self.text} %" if self.unit == "%" and "%" not in self.text else self.text

    def shares(self) -> tuple[Interval, ...]:
        """The readings of a percentage as a fraction: of 73 as 0.73; of 0.73 without a sign as 0.73 and 0.0073."""
        found, printed = self.interval, self.printed
        if found is None or printed is None:
            return ()
        as_percent = Interval(found.low / 100.0, found.high / 100.0 if found.high < inf else inf)
        is_share = self.unit != "%" and "%" not in self.text and printed.number <= 1.0 and not printed.is_whole
        return (found, as_percent) if is_share else (as_percent,)


Statement = Mapping[Quantity, Claim]
