"""Claims in a table: a row each, with the columns that docs/claims.md lists."""

from pathlib import Path

from analysis.claims import BadCondition, BadRelation, Claim, Place, Quantity, read_condition, read_relations
from analysis.claims.condition import split_rows
from evidence.importers.harmless import as_written
from evidence.importers.opening import Unreadable
from evidence.importers.sheets.reading import read_table, text_table
from evidence.importers.sheets.sheet import Line, Sheet

PLACES = ("section", "page", "line", "table", "figure", "quote")
ABOUT = (
    *("statement", "subject", "outcome", "measure", "unit", "main", "part_of", "relation", "rows", "column", "note"),
)
COLUMNS = ("code", "quantity", "as_printed", *PLACES, *ABOUT)
NEEDED = ("code", "quantity", "as_printed")
LONGEST = {"code": 100, "as_printed": 200, "rows": 300, "subject": 200, "main": 200}
NO_LONGEST = frozenset({"quote", "note", "relation"})


def read_claim_file(path: Path) -> list[Claim]:
    """Give the claims of a CSV, TSV or XLSX file.

    Raises
    ------
    Unreadable : it is no table, lacks a column, or a row is wrong; the sentence names the first row that is
    """
    return claims_in(read_table(path))


def claims_of_text(text: str) -> list[Claim]:
    """Give the claims of a table that is already a text; Raises as `read_claim_file`."""
    return claims_in(text_table(text))


def claims_in(sheet: Sheet) -> list[Claim]:
    """Give the claims of a table; Raises as `read_claim_file`."""
    sheet.require(NEEDED)
    unknown = [column for column in sheet.columns if column not in COLUMNS]
    if unknown:
        raise Unreadable(f"The columns {', '.join(unknown)} are not known; known are {', '.join(COLUMNS)}.", 1)
    if sheet.faults:
        number, _, rule = sheet.faults[0]
        raise Unreadable(rule, number)
    claims: dict[str, Claim] = {}
    for line in sheet.lines:
        claim = _claim(line)
        if claim.code in claims:
            raise Unreadable(f"The code “{claim.code}” stands in two rows.", line.number)
        claims[claim.code] = claim
    for line, claim in zip(sheet.lines, claims.values(), strict=True):
        _refuse_unknown(claim, claims, line.number)
    return list(claims.values())


def _claim(line: Line) -> Claim:
    """Read a row."""
    for column in NEEDED:
        if not line.get(column):
            raise Unreadable(f"The column {column} is empty.", line.number)
    try:
        quantity = Quantity(line.get("quantity").lower().replace(" ", "_"))
    except ValueError as error:
        known = ", ".join(one.value for one in Quantity)
        raise Unreadable(f"“{line.get('quantity')}” is no quantity; known are {known}.", line.number) from error
    for column in COLUMNS:
        most = LONGEST.get(column, 80)
        if column not in NO_LONGEST and len(line.get(column)) > most:
            raise Unreadable(f"The column {column} has room for {most} characters.", line.number)
    try:
        read_condition(split_rows(line.get("rows"))[1])
        if quantity is not Quantity.COMPARISON:
            list(read_relations(as_written(line.get("relation"))))
    except (BadCondition, BadRelation) as error:
        raise Unreadable(str(error), line.number) from error
    place = Place(**{name: line.get(name) for name in PLACES})
    text = as_written(line.get("as_printed"))
    return Claim(line.get("code"), quantity, text, place, **{name: as_written(line.get(name)) for name in ABOUT})


def _refuse_unknown(claim: Claim, claims: dict[str, Claim], line: int) -> None:
    """Refuse a whole or a term that no row has."""
    named = [claim.part_of] if claim.part_of else []
    if claim.quantity is not Quantity.COMPARISON:
        named += [code for relation in read_relations(claim.relation) for _, code in relation.terms]
    missing = [code for code in named if code not in claims]
    if missing:
        raise Unreadable(f"There is no claim with the code “{missing[0]}”, which “{claim.code}” names.", line)
