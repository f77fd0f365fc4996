"""What is asked about the rows of an import, in words, each with file and line."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from evidence.importers.problems import problem_at
from evidence.importers.rows import Row
from evidence.models import Review
from evidence.services.doubting import ARM_RESULTS, CONTRASTS, OF_ARM, OF_CONTRAST, questions_of

MOST_TOLD = 200
HEAD = (
    "{count} of the numbers that are new or changed {are} unlikely to be right. Nothing is changed or left out because "
    "of it: look at {them} in the report, and answer on the page of doubts."
)
NUMBERS = {ARM_RESULTS: OF_ARM, CONTRASTS: OF_CONTRAST}


def doubts_in_words(review: Review, touched: Sequence[tuple[Row, Any]]) -> list[str]:
    """Give a sentence for each doubt about a row that is new or changed, after one that says how many there are.

    Numbers count as they are written in the file: with zeros at their end, which the database does not keep.
    """
    places = {(row.table.name, stored.pk): row for row, stored in touched if row.table.name in NUMBERS}
    if not places:
        return []
    printed = {key: _numbers(row) for key, row in places.items()}
    asked = [(places[one.key], one) for one in questions_of(review, printed) if one.key in places]
    if not asked:
        return []
    is_one = len(asked) == 1
    head = HEAD.format(count=len(asked), are="is" if is_one else "are", them="it" if is_one else "them")
    told = [problem_at(row.file, row.line, "", one.doubt.sentence).sentence for row, one in asked[:MOST_TOLD]]
    more = len(asked) - len(told)
    return [head, *told, *([f"And {more} more of these questions; the page of doubts lists all."] if more else [])]


def _numbers(row: Row) -> dict[str, Decimal]:
    """Give the decimal numbers of a row as they stand in the file."""
    return {
        name: value
        for name, value in row.values.items()
        if name in NUMBERS[row.table.name] and isinstance(value, Decimal)
    }
