"""The numbers of a row as the cells of a result: single ones, and several in one cell where the header says which."""

import re
from collections.abc import Sequence

from evidence.importers.extraction_tables.cells import number_text
from evidence.importers.extraction_tables.headers import Meaning
from evidence.importers.extraction_tables.synonyms import CONTRAST_STATISTICS, MEASURES
from evidence.importers.extraction_tables.words import Word, code_of, tokens_of
from evidence.importers.problems import CellProblem
from evidence.models import ContrastResult

Values = list[tuple[Meaning, str]]
WHOLE = frozenset({"n", "events", "total"})
ONE = r"[+\-−–]?\d+(?:[.,]\d+)*"
SIGNED_RANGE = re.compile(rf"\s*({ONE})\s*(?:[-–—−]|to|bis|,|;|/)\s*({ONE})\s*")
OPEN = re.compile(r"[(\[±;/]|\+/?-|\bto\b")
P_VALUE = re.compile(r"(?:p\s*)?([<>≤≥=])?\s*(.+)", re.IGNORECASE)
NOT_THESE = "“{text}” does not hold {names}; write both, such as {example}, or leave the cell empty."
EXAMPLES = {
    ("mean", "sd"): "12.3 (4.5)",
    ("mean", "se"): "12.3 (0.9)",
    ("mean", "ci_lower", "ci_upper"): "12.3 (10.1 to 14.5)",
    ("median", "q1", "q3"): "12 (8 to 15)",
    ("median", "minimum", "maximum"): "12 (2 to 20)",
    ("events", "total"): "12/40",
    ("events", "percent"): "12 (30%)",
    ("ci_lower", "ci_upper"): "10.1 to 14.5",
}


def arm_cells(values: Values, decimal: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give the numbers of one arm by column, and the header that each comes from; of events the n is the total.

    Raises
    ------
    CellProblem : a cell does not hold what its header says
    """
    cells, columns = _numbers(values, decimal)
    if "events" in cells and "total" not in cells and "n" in cells:
        cells["total"], columns["total"] = cells.pop("n"), columns.pop("n")
    return cells, columns


def contrast_cells(values: Values, measure: str, decimal: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give the numbers of a contrast by column, and the header that each comes from.

    Raises
    ------
    CellProblem : a cell does not hold what its header says, or nothing says what the estimate measures
    """
    cells, columns = _numbers([pair for pair in values if pair[0].names != ("p_value",)], decimal)
    for one, text in values:
        if one.names == ("p_value",):
            cells["p_relation"], cells["p_value"] = p_value_of(text, decimal)
            columns["p_value"] = one.header
    named = [name for name in cells if name in MEASURES]
    if len(named) > 1:
        raise CellProblem(f"The row has several estimates ({', '.join(named)}); give each a row of its own.")
    code = measure_of(measure)
    for name in named:
        cells["estimate"], columns["estimate"] = cells.pop(name), columns.pop(name)
        code = code or ("" if name == "estimate" else name)
    if named and not code:
        raise CellProblem(
            "The table does not say what the estimate is; give it a column “measure” with MD, SMD, RR, OR, RD, HR or "
            "another."
        )
    cells["measure"] = code or "other"
    return cells, columns


def measure_of(text: str) -> str:
    """Give the code of an effect measure, "" where the text is empty.

    Raises
    ------
    CellProblem : it is not known
    """
    if not text:
        return ""
    words = [Word(code, label) for code, label in ContrastResult.Measure.choices]
    found = code_of(words, text)
    if found:
        return found
    for name, several in CONTRAST_STATISTICS:
        if name in MEASURES and tokens_of(text) in several:
            return name
    raise CellProblem(
        f"“{text}” is no effect measure that is known; there are {', '.join(word.code for word in words)}."
    )


def p_value_of(text: str, decimal: str) -> tuple[str, str]:
    """Give how a p value is printed, and its number: “< 0.001” is "<" and "0.001"."""
    found = P_VALUE.fullmatch(text.strip())
    sign, rest = (found.group(1) or "=", found.group(2)) if found else ("=", text)
    return {"≤": "<", "≥": ">"}.get(sign, sign), number_text(rest, decimal=decimal)


def _numbers(values: Values, decimal: str) -> tuple[dict[str, str], dict[str, str]]:
    cells: dict[str, str] = {}
    columns: dict[str, str] = {}
    for one, text in values:
        for name, number in zip(one.names, _split(one.names, text, decimal), strict=True):
            if number:
                cells[name] = re.sub(r"\.0+$", "", number) if name in WHOLE else number
                columns[name] = one.header
    return cells, columns


def _split(names: Sequence[str], text: str, decimal: str) -> list[str]:
    """Give the numbers of a cell, as many as its header names."""
    if len(names) == 1:
        return [number_text(text, decimal=decimal, unit="%" if names[0] == "percent" else "")]
    parts = _parts(text, len(names))
    if parts is None:
        words = " and ".join(name.replace("_", " ") for name in names)
        raise CellProblem(NOT_THESE.format(text=text, names=words, example=EXAMPLES[tuple(names)]))
    return [number_text(part, decimal=decimal, unit="%") for part in parts]


def _parts(text: str, count: int) -> list[str] | None:
    """Give the parts of a cell such as “12.3 (4.5)” or “12 (8 to 15)”, None where it has not as many."""
    plain = text.strip().strip("()[]").strip() if count == 2 and text.strip()[:1] in "([" else text.strip()
    first, rest = plain, ""
    opening = OPEN.search(plain)
    if opening:
        first, rest = plain[: opening.start()].strip(), plain[opening.end() :].strip(" )]")
    whole = SIGNED_RANGE.fullmatch(rest if count == 3 else plain)
    if count == 3:
        return [first, *whole.groups()] if whole else None
    if opening and first and rest:
        return [first, rest]
    return list(whole.groups()) if whole else None
