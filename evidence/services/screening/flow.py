"""The flow of records (PRISMA 2020) counted from what readers have settled."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, QuerySet

from evidence.models import FlowCount, Record, ScreeningState, SearchRound
from evidence.permissions import Act, require
from evidence.services.recording import record as save
from evidence.services.recording import remove
from evidence.verdicts import Stage, Status

Box = FlowCount.Box
FROM_SCREENING = "counted from the screening decisions"
NO_REASON = "no reason given"
UNLINKED = "{count} included record(s) are not linked to a study yet."
COUNTED = (
    *(Box.RECORDS_IDENTIFIED, Box.RECORDS_REMOVED, Box.RECORDS_SCREENED, Box.RECORDS_EXCLUDED, Box.REPORTS_SOUGHT),
    *(Box.REPORTS_NOT_RETRIEVED, Box.REPORTS_ASSESSED, Box.REPORTS_EXCLUDED, Box.STUDIES_INCLUDED),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One box of the flow, for one stage and reason."""

    box: Box
    count: int
    stage: str = ""
    reason: str = ""
    note: str = ""


def count_flow(search_round: SearchRound) -> list[Line]:
    """Give the flow of one search round as it is settled now. Records that wait or are in conflict are not counted yet.

    A report is sought once its record is included by title and abstract. It is assessed once its full text is settled,
    unless the reason for excluding means that it was not retrieved.
    """
    records = Record.objects.filter(search_round=search_round).order_by()
    by_source = records.values_list(F("source__database")).annotate(count=Count("pk")).order_by("source__database")
    lines = [Line(Box.RECORDS_IDENTIFIED, count, stage=source or "") for source, count in by_source]
    duplicates = records.filter(duplicate_of__isnull=False).count()
    lines.append(Line(Box.RECORDS_REMOVED, duplicates, reason="duplicate"))
    screened = _settled(search_round, Stage.TITLE_ABSTRACT)
    excluded = screened.filter(status=Status.EXCLUDED).count()
    sought = screened.filter(status=Status.INCLUDED).count()
    lines.append(Line(Box.RECORDS_SCREENED, excluded + sought))
    lines.append(Line(Box.RECORDS_EXCLUDED, excluded))
    lines.append(Line(Box.REPORTS_SOUGHT, sought))
    return lines + _full_texts(search_round)


@transaction.atomic
def fill_flow(*, by: User, search_round: SearchRound) -> list[FlowCount]:
    """Write the flow of a search round as it is settled now, in place of what its boxes hold.

    Boxes that screening does not count (studies included in the synthesis) stay.

    Raises
    ------
    NotAllowed : the person does not record in the review
    """
    require(by, Act.RECORD, search_round.review)
    SearchRound.objects.select_for_update(no_key=True).get(pk=search_round.pk)
    lines = {(line.box, line.stage, line.reason): line for line in count_flow(search_round)}
    for row in search_round.counts.filter(box__in=COUNTED):
        line = lines.pop((Box(row.box), row.stage, row.reason), None)
        if line is None:
            remove(by=by, row=row, reason=FROM_SCREENING)
        elif (row.count, row.note) != (line.count, line.note):
            row.count, row.note = line.count, line.note
            save(by=by, row=row, reason=FROM_SCREENING)
    for line in lines.values():
        row = FlowCount(search_round=search_round, box=line.box, stage=line.stage, reason=line.reason)
        row.count, row.note = line.count, line.note
        save(by=by, row=row, reason=FROM_SCREENING)
    return list(search_round.counts.all())


def _settled(search_round: SearchRound, stage: Stage) -> QuerySet[ScreeningState]:
    rows = ScreeningState.objects.filter(review=search_round.review_id, stage=stage, record__search_round=search_round)
    return rows.filter(status__in=(Status.INCLUDED, Status.EXCLUDED)).order_by()


def _full_texts(search_round: SearchRound) -> list[Line]:
    settled = _settled(search_round, Stage.FULL_TEXT)
    by_reason = settled.filter(status=Status.EXCLUDED).values_list("reason__name", "reason__means_not_retrieved")
    counted = list(by_reason.annotate(count=Count("pk")).order_by("reason__position", "reason__name"))
    missing = [(name, count) for name, is_missing, count in counted if is_missing]
    read = [(name, count) for name, is_missing, count in counted if not is_missing]
    included = settled.filter(status=Status.INCLUDED)
    linked = included.filter(record__report__isnull=False).values("record__report__study").distinct().count()
    unlinked = included.filter(record__report__isnull=True).count()
    assessed = sum(count for _, count in read) + included.count()
    return [
        *(Line(Box.REPORTS_NOT_RETRIEVED, count, reason=name) for name, count in missing),
        Line(Box.REPORTS_ASSESSED, assessed),
        *(Line(Box.REPORTS_EXCLUDED, count, reason=name or NO_REASON) for name, count in read),
        Line(Box.STUDIES_INCLUDED, linked, note=UNLINKED.format(count=unlinked) if unlinked else ""),
    ]
