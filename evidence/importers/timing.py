"""Weeks out of the words of a report, where it says them plainly; in all other words the week stays empty."""

import re
from decimal import Decimal

UNITS = {"day": Decimal(1) / 7, "week": Decimal(1), "month": Decimal(52) / 12, "year": Decimal(52)}
SHORT = {"d": "day", "w": "week", "wk": "week", "mo": "month", "mth": "month", "y": "year", "yr": "year"}
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
UNIT = r"(?P<unit>days?|weeks?|months?|years?|wks?|mos?|mths?|yrs?|d|w|y)"
NUMBER = rf"(?P<number>\d{{1,4}}(?:\.\d{{1,2}})?|{'|'.join(NUMBERS)})"
BEFORE = r"(?:at |after )?(?:the end of )?"
AFTER = r"(?: (?:after|from|since|post) ?-?(?:the )?(?:baseline|randomi[sz]ation|start of treatment|treatment start))?"
PLAIN = (re.compile(rf"{BEFORE}{NUMBER}[ -]?{UNIT}{AFTER}"), re.compile(rf"{BEFORE}{UNIT}[ -]?{NUMBER}{AFTER}"))
BASELINE = re.compile(r"(?:at )?baseline")
SINCE_BASELINE = re.compile(
    r"(?:(?:from )?baseline(?:,| and| to|,? and at| up to)?|change (?:from baseline )?(?:at|to)) "
)


def weeks_of(text: str, *, is_change: bool = False) -> str:
    """Give the weeks since the start that a text says plainly, as a number with a decimal point; else "".

    Weeks are taken as they are and days as sevenths. Months count 52/12 and years 52 weeks, rounded to whole weeks.
    "Baseline" alone is week 0.

    Parameters
    ----------
    is_change : of a change from baseline, "baseline to week 12" means week 12
    """
    plain = " ".join(text.replace("\u2010", "-").replace("\u2013", "-").casefold().split()).strip(" .,;:()")
    if BASELINE.fullmatch(plain):
        return "0"
    if is_change:
        plain = SINCE_BASELINE.sub("", plain, count=1) if SINCE_BASELINE.match(plain) else plain
    found = next(filter(None, (pattern.fullmatch(plain) for pattern in PLAIN)), None)
    return "" if found is None else _weeks(found["number"], found["unit"])


def _weeks(number: str, unit: str) -> str:
    count = Decimal(NUMBERS.index(number) + 1) if number in NUMBERS else Decimal(number)
    short = unit if unit in SHORT else unit.removesuffix("s")
    name = SHORT.get(short, short)
    weeks = count * UNITS[name]
    if name in ("month", "year"):
        weeks = weeks.quantize(Decimal(1))
    return format(weeks.quantize(Decimal("0.01")).normalize(), "f")
