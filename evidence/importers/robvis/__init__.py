"""Risk-of-bias tables as the program robvis reads them: one row a study, one column a domain."""

from evidence.importers.asking import Format, Question
from evidence.importers.robvis.loading import load
from evidence.tools import all_tools

FORMATS = (
    Format(
        code="robvis",
        title="Risk-of-bias table (robvis)",
        help="One row a study, one column a domain (D1, D2 ...) and one for the whole, in words.",
        endings=(".csv", ".tsv", ".txt", ".xlsx"),
        load=load,
        questions=(
            Question(
                *("tool", "Tool", "Needed only where header and words do not tell it."),
                kind="choice",
                choices=tuple((tool.code, tool.name) for tool in all_tools()),
            ),
            Question("outcome", "Outcome", "Empty where the judgements hold for all outcomes.", kind="outcome"),
            Question("new_studies", "New studies", "Make studies that the review does not have.", kind="flag"),
        ),
    ),
)
