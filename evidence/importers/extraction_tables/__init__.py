"""Extraction tables: the workbook that Quorum makes of a review's form, and tables that people have already.

docs/extraction-tables.md says what is read.
"""

from evidence.importers.asking import Format, Question
from evidence.importers.extraction_tables.loading import load

LAYOUTS = (
    ("template", "the workbook that Quorum made, filled in"),
    ("table", "a table of your own: one row per arm and time, or one row per study or comparison"),
)
UNITS = (("weeks", "weeks"), ("months", "months"), ("years", "years"), ("days", "days"))

FORMATS = (
    Format(
        code="extraction-table",
        title="Extraction table (XLSX, CSV)",
        help="The workbook that Quorum makes of the form of the review, filled in; or a table of your own with "
        "one row for each arm, outcome and time, or with one row for each study or comparison.",
        endings=(".xlsx", ".csv", ".tsv", ".txt", ".zip"),
        load=load,
        questions=(
            Question("layout", "What the file is", "Only where it is not recognised.", kind="choice", choices=LAYOUTS),
            Question(
                "sheet", "Sheet", "Which sheet of a workbook holds the table; the first one where nothing is said."
            ),
            Question(
                "instrument",
                "Outcome and instrument",
                "For a table that does not say what was measured.",
                kind="instrument",
            ),
            Question("week", "Week", "For a table that does not say when it was measured: weeks since the start."),
            Question(
                "time_unit",
                "Unit of times",
                "For times that are numbers alone, in a column that does not say their unit.",
                kind="choice",
                choices=UNITS,
            ),
            Question(
                "first_is",
                "Group 1 is",
                "For columns such as mean1 and mean2: which arm the number 1 stands for.",
                kind="choice",
                choices=(("experimental", "the experimental arm"), ("comparator", "the comparator")),
            ),
            Question("experimental", "Experimental arms", "How the file calls them; several are parted by semicolons."),
            Question("comparator", "Comparator arms", "How the file calls them; several are parted by semicolons."),
            Question(
                "comparator_type",
                "Kind of comparator",
                "Code or name of the comparator type of comparator arms, where the file does not say it.",
            ),
            Question(
                "sign",
                "Meaning of the sign",
                "What a positive change or difference means, where the file does not say it.",
                kind="choice",
                choices=(
                    ("scale", "as the scale runs: later minus earlier, first minus second arm"),
                    ("benefit", "positive is better"),
                ),
            ),
            Question(
                "decimal",
                "Decimals are written with",
                "Only where it is not recognised.",
                kind="choice",
                choices=((".", "a point: 2.5"), (",", "a comma: 2,5")),
            ),
        ),
    ),
)
