"""Which records of a review an export holds: all, or those that stand somewhere by what is settled."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from evidence.exporters.asking import Choice, Order
from evidence.models import Record, ScreeningState
from evidence.permissions import Act, require
from evidence.verdicts import Stage, Status

ALL, UNIQUE, DUPLICATES, WAITING = "all", "unique", "duplicates", "waiting"
SETTLED_AT = {
    "abstract_included": (Stage.TITLE_ABSTRACT, Status.INCLUDED),
    "abstract_excluded": (Stage.TITLE_ABSTRACT, Status.EXCLUDED),
    "full_text_included": (Stage.FULL_TEXT, Status.INCLUDED),
    "full_text_excluded": (Stage.FULL_TEXT, Status.EXCLUDED),
}
WHICH = Choice(
    name="which",
    label="Records",
    help="Which records the file holds; by stage: what is settled there, never what single readers said.",
    choices=(
        (ALL, "All that the searches found, with duplicates"),
        (UNIQUE, "All without duplicates"),
        (DUPLICATES, "Duplicates only"),
        (WAITING, "Not settled yet at titles and abstracts"),
        ("abstract_included", "Included at titles and abstracts"),
        ("abstract_excluded", "Excluded at titles and abstracts"),
        ("full_text_included", "Included at full texts"),
        ("full_text_excluded", "Excluded at full texts"),
    ),
)
UNKNOWN = "There is no choice “{which}”; there are {known}."
EMPTY = "There is nothing to export: the review has no such records."
AT_ONCE = 1000


def chosen_records(order: Order) -> QuerySet[Record]:
    """Give the records that an order asks for, in the order in which they came.

    Raises
    ------
    NotAllowed : the person may not read the review
    ValidationError : the choice is unknown, or there are none
    """
    require(order.by, Act.VIEW, order.review)
    which = str(order.choices.get("which") or ALL)
    known = [code for code, _ in WHICH.choices]
    if which not in known:
        raise ValidationError(UNKNOWN.format(which=which, known=", ".join(known)))
    records = Record.objects.filter(review=order.review).select_related("source").order_by("pk")
    if which in (UNIQUE, DUPLICATES):
        records = records.filter(duplicate_of__isnull=which == UNIQUE)
    elif which == WAITING:
        records = records.filter(_state(Stage.TITLE_ABSTRACT, Status.WAITING, Status.CONFLICT))
    elif which != ALL:
        records = records.filter(_state(*SETTLED_AT[which]))
    if not records.exists():
        raise ValidationError(EMPTY)
    return records


def in_turn(records: QuerySet[Record]) -> Iterator[Record]:
    """Give records one by one, with some of them in memory at a time."""
    return records.iterator(chunk_size=AT_ONCE)


def _state(stage: Stage, *statuses: Status) -> Exists:
    """Give the condition that a record stands so at a stage."""
    return Exists(ScreeningState.objects.filter(record=OuterRef("pk"), stage=stage, status__in=statuses))
