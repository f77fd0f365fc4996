"""The flow of records of a review in the PRISMA 2020 template for flow diagrams."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError

from evidence.exporters.asking import Choice, Export, Order
from evidence.exporters.tables import csv_parts
from evidence.models import FlowCount
from evidence.permissions import Act, require

NOTHING = "The review has no counts of its flow of records yet."
COLUMNS = ["data", "node", "box", "description", "boxtext", "tooltips", "url", "n"]
ABSENT = "NA"
BESIDE = frozenset({"websites", "organisations", "citation searching", "other methods"})


class Cell(NamedTuple):
    """A row of the template: its name, node and box, what the box says, and whose numbers it has.

    `box_of_flow` is "" for titles, and for what the flow does not count.
    """

    data: str
    node: str
    box: str
    text: str
    flow: str = ""
    stage: str = ""
    reason: str = ""
    is_listed: bool = False


Box = FlowCount.Box
ROWS = (
    Cell("", "node4", "prevstud", "Previous studies"),
    Cell("previous_studies", "node5", "box1", "Studies included in previous version of review"),
    Cell("previous_reports", "", "box1", "Reports of studies included in previous version of review"),
    Cell("", "node6", "newstud", "Identification of new studies via databases and registers"),
    Cell("database_results", "node7", "box2", "Databases", Box.RECORDS_IDENTIFIED, "databases"),
    Cell("register_results", "", "box2", "Registers", Box.RECORDS_IDENTIFIED, "registers"),
    Cell("", "node16", "othstud", "Identification of new studies via other methods"),
    Cell("website_results", "node17", "box11", "Websites", Box.RECORDS_IDENTIFIED, "websites"),
    Cell("organisation_results", "", "box11", "Organisations", Box.RECORDS_IDENTIFIED, "organisations"),
    Cell("citations_results", "", "box11", "Citation searching", Box.RECORDS_IDENTIFIED, "citation searching"),
    Cell("duplicates", "node8", "box3", "Duplicate records", Box.RECORDS_REMOVED, "", "duplicate"),
    Cell(
        *("excluded_automatic", "", "box3", "Records marked as ineligible by automation tools", Box.RECORDS_REMOVED),
        *("", "marked as ineligible by automation tools"),
    ),
    Cell("excluded_other", "", "box3", "Records removed for other reasons", Box.RECORDS_REMOVED, "", "other reasons"),
    Cell("records_screened", "node9", "box4", "Records screened", Box.RECORDS_SCREENED),
    Cell("records_excluded", "node10", "box5", "Records excluded", Box.RECORDS_EXCLUDED),
    Cell("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval", Box.REPORTS_SOUGHT),
    Cell("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved", Box.REPORTS_NOT_RETRIEVED),
    Cell(
        "other_sought_reports", "node18", "box12", "Reports sought for retrieval", Box.REPORTS_SOUGHT, "other methods"
    ),
    Cell(
        *("other_notretrieved_reports", "node19", "box13", "Reports not retrieved"),
        *(Box.REPORTS_NOT_RETRIEVED, "other methods"),
    ),
    Cell("dbr_assessed", "node13", "box8", "Reports assessed for eligibility", Box.REPORTS_ASSESSED),
    Cell("dbr_excluded", "node14", "box9", "Reports excluded:", Box.REPORTS_EXCLUDED, is_listed=True),
    Cell(
        "other_assessed", "node20", "box14", "Reports assessed for eligibility", Box.REPORTS_ASSESSED, "other methods"
    ),
    Cell(
        *("other_excluded", "node21", "box15", "Reports excluded", Box.REPORTS_EXCLUDED, "other methods"),
        is_listed=True,
    ),
    Cell("new_studies", "node15", "box10", "New studies included in review", Box.STUDIES_INCLUDED),
    Cell("new_reports", "", "box10", "Reports of new included studies"),
    Cell("total_studies", "node22", "box16", "Total studies included in review", Box.STUDIES_INCLUDED),
    Cell("total_reports", "", "box16", "Reports of total included studies"),
    Cell("identification", "node1", "identification", "Identification"),
    Cell("screening", "node2", "screening", "Screening"),
    Cell("included", "node3", "included", "Included"),
)
NUMBER = re.compile(r"[0-9]{1,5}")
NO_NUMBER = "A search round is named by its number, such as 1; got “{}”."
ROUND = Choice(name="search_round", label="Search round", help="Its number; all rounds together where none is given.")


def write(order: Order) -> Iterator[bytes]:
    """Give the flow of one search round, or of all of them together where none is chosen."""
    require(order.by, Act.VIEW, order.review)
    counts = FlowCount.objects.filter(search_round__review=order.review)
    wanted = order.choices.get("search_round")
    if wanted:
        text = str(wanted).strip()
        if not NUMBER.fullmatch(text):
            raise ValidationError(NO_NUMBER.format(text))
        counts = counts.filter(search_round__number=int(text))
    found: Counter[tuple[str, str, str]] = Counter()
    for box, stage, reason, count in counts.values_list("box", "stage", "reason", "count").order_by("pk"):
        found[box, stage, reason] += count
    if not found:
        raise ValidationError(NOTHING)
    return csv_parts([COLUMNS, *(_row(cell, found) for cell in ROWS)])


def _row(cell: Cell, found: Mapping[tuple[str, str, str], int]) -> list[str]:
    number = _number(cell, found) if cell.flow else ABSENT
    return [cell.data or ABSENT, cell.node or ABSENT, cell.box, cell.text, cell.text, cell.text, ABSENT, number]


def _number(cell: Cell, found: Mapping[tuple[str, str, str], int]) -> str:
    """Give what a row counts; everything that no other row of its box names goes into the first one."""
    own = {key: count for key, count in found.items() if _row_of(key) == _place(cell)}
    if not own:
        return ABSENT
    if not cell.is_listed or {key[2] for key in own} == {""}:
        return str(sum(own.values()))
    return "; ".join(
        f"{(reason or 'no reason given').replace(';', ',')}, {count}" for (_, _, reason), count in own.items()
    )


def _place(cell: Cell) -> tuple[str, str, str]:
    return cell.flow, cell.stage, cell.reason


def _row_of(key: tuple[str, str, str]) -> tuple[str, str, str]:
    """Give the row of the template that a count belongs to."""
    box, stage, reason = key
    if box == Box.RECORDS_IDENTIFIED:
        return box, stage if stage in BESIDE | {"registers"} - {"other methods"} else "databases", ""
    if box == Box.RECORDS_REMOVED:
        named = {row.reason for row in ROWS if row.flow == box}
        return box, "", reason if reason in named else "other reasons"
    return box, "other methods" if stage in BESIDE else "", ""


EXPORTS = (
    Export(
        code="prisma",
        title="PRISMA 2020 flow (CSV template)",
        help="The numbers of the flow diagram, one row a box, for programs that draw it.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=write,
        choices=(ROUND,),
    ),
)
