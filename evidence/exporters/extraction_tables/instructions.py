"""What stands on the first sheet of an extraction workbook, and the example of each sheet."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from evidence.exporters.extraction_tables.rows import Cells, in_cell
from evidence.importers.extraction_tables.layouts import FIELD, Layout
from evidence.models import Review

SAID = "example: Smith 2020"
STEPS = (
    "What to do",
    "1. Fill the sheets in their order. Each row is one thing: a study, an arm, a result.",
    "2. Give each study a short name, such as Smith_2020, in the sheet studies. Use the same name in all other sheets.",
    "3. Number the arms of a study 1, 2, 3 ... in the sheet arms. Other sheets refer to an arm by its number.",
    "4. Columns with a star (*) have to be filled. What a report does not say stays empty; NR and n/a mean the same.",
    "5. Copy numbers as they are printed. Do not convert or calculate anything; formulas are refused.",
)
IN_WORKBOOK = (
    "6. Many cells offer a list: click on the cell, then on the arrow beside it.",
    "7. Rest the pointer on a header to read what belongs into its column.",
    "8. Grey rows are examples. They are never read; leave them or delete them.",
    "9. Save the file as it is (.xlsx) and load it as “Extraction table”. You see what would change before it does.",
    "Headers are locked, without a password, so that nobody changes them by accident.",
)
IN_TEXT = (
    "6. What belongs into each column, and the words of each list, stand at the end of this text.",
    "7. Rows that begin with “example:” are examples. They are never read; leave them or delete them.",
    "8. Keep the names of the files. Load them as “Extraction table”, one by one or together in a zip archive.",
)
GOOD_TO_KNOW = (
    "Good to know",
    "You may sort rows, leave out columns, change their order and their width, and load the file as often as you like.",
    "A row loaded twice is not entered twice. A cell that you empty is emptied; a row that you delete stays stored.",
    "An apostrophe before =, +, - or @ keeps a text from being executed. It goes away when the file is loaded.",
    "The sheets",
)
SHOWN: dict[str, tuple[dict[str, str], ...]] = {
    "studies": ({"code": SAID, "label": "Smith 2020", "year": "2020", "design": "rct"},),
    "reports": (
        {"study": SAID, "citation": "Smith J. Title. Journal 2020;1:2-3", "year": "2020", "is_primary": "true"},
    ),
    "arms": (
        {"study": SAID, "number": "1", "label": "new treatment", "role": "experimental", "n_randomised": "40"},
        {"study": SAID, "number": "2", "label": "usual care", "role": "comparator", "n_randomised": "41"},
    ),
    "components": ({"study": SAID, "arm": "1", "weeks": "8", "sessions_per_week": "2", "minutes": "45"},),
    "characteristics": ({"study": SAID, "page": "3", "table": "Table 1"},),
    "arm_results": (
        {"study": SAID, "arm": "1", "week": "12", "time_as_printed": "3 months", "n": "38", "mean": "3.4", "sd": "2.1"},
        {"study": SAID, "arm": "2", "week": "12", "time_as_printed": "3 months", "n": "39", "mean": "4.6", "sd": "2.3"},
    ),
    "contrast_results": (
        {"study": SAID, "first_arm": "1", "second_arm": "2", "week": "12", "measure": "MD"}
        | {"estimate": "-1.2", "ci_lower": "-2.2", "ci_upper": "-0.2", "page": "6", "table": "Table 3"},
    ),
    "adverse_events": ({"study": SAID, "arm": "1", "term": "dizziness", "participants": "3", "total": "40"},),
    "judgements": ({"study": SAID, "tool": "rob2", "domain": "randomisation", "judgement": "low"},),
}
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
ANSWERS = {"number": "40", "flag": "true", "text": "as reported"}


def instructions(review: Review, layouts: Iterable[Layout], *, is_workbook: bool) -> Iterator[str]:
    """Give the lines to read first; headings are those of three words or less."""
    yield f"Extraction workbook: {review.title}"
    yield from (*STEPS, *(IN_WORKBOOK if is_workbook else IN_TEXT), *GOOD_TO_KNOW)
    for one in layouts:
        yield f"{one.sheet}: {one.help}"


def examples_of(layout: Layout) -> Iterator[Cells]:
    """Give the example rows of a sheet."""
    for shown in SHOWN[layout.table]:
        cells: Cells = {}
        for column in layout.columns:
            text = shown.get(column.name, "")
            if not text and (column.name.startswith(FIELD) or column.kind == "instrument" or column.name == "type"):
                text = column.words[0].code if column.words else ANSWERS.get(column.kind, "")
            if not text and column.name == "comparator_type" and shown.get("role") == "comparator" and column.words:
                text = column.words[0].code
            cells[column.name] = in_cell(column, Decimal(text) if NUMBER.fullmatch(text) else text)
        yield cells
