"""Loading the flow of records from the PRISMA 2020 template into a search round."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evidence.importers.asking import Request
from evidence.importers.building import Building
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable
from evidence.importers.prisma.boxes import BESIDE, NO_BOX, PARTS, PLACES
from evidence.importers.problems import CellProblem
from evidence.importers.sheets import Line, is_missing, plain_number, read_table
from evidence.models import FlowCount, Record, SearchRound
from evidence.services.screening.flow import count_flow

WHOLE = re.compile("[0-9]+")
COUNT = r"(?P<count>[0-9]{1,3}(?:[,. ][0-9]{3})+|[0-9]+)"
# A reason and its number: Reason, 12 - Reason,12 - Reason (n = 12).
PARTS_OF_LIST = [
    re.compile(rf"(?P<reason>.+)[,:=]\s+(?:n\s*=\s*)?{COUNT}"),
    # "1,234" may be one number: without a blank, three digits after a digit are no number of their own.
    re.compile(rf"(?P<reason>.+)(?:(?<![0-9])[,:=]|[,:=](?![0-9]{{3}}(?![0-9])))(?:n\s*=\s*)?{COUNT}"),
    re.compile(rf"(?P<reason>.+?)\s*\(\s*(?:n\s*=)?\s*{COUNT}\s*\)"),
]
NOT_WHOLE = "“{}” is no number of records; write digits only, such as 12."
NO_PAIR = "“{}” is no reason with its number; write such as: Wrong population, 12; Wrong outcome, 3."
TWICE = "This row already stands in line {}."
LEFT_OUT = "{row}: {count}. Quorum has no box for it; it was left out."
UNKNOWN_ROW = "The row “{row}” (line {line}) is none of the PRISMA 2020 template; it was left out."
OTHERWISE = (
    "Question: the file says {told} for “{box}”, and the review comes to {counted}. The box was left as it is; correct "
    "the file, or what the review counts."
)
BESIDE_LEFT_OUT = "{stage}: {count}. Screening in the review counts this box by its own sources; it was left out."
NO_SUM = "Question: {first} should be {sum}, by {how}, and is {count}."
ROUND = "“{}” is no search round; write its number, such as 1."


@dataclass(frozen=True, slots=True)
class Told:
    """What a row of the template says: a number in a box."""

    line: int
    box: str
    stage: str
    reason: str
    count: int


def load(request: Request) -> ImportResult:
    """Read a flow, and write the counts of a search round."""
    building = Building(request.path, source=request.name)
    number = str(request.answers.get("search_round") or "1").strip()
    if not WHOLE.fullmatch(number):
        building.stop(None, "", ROUND.format(number))
    try:
        sheet = read_table(request.path)
        sheet.require(["data", "n"])
    except Unreadable as error:
        building.stop(error.line, "", error.sentence)
    else:
        for line, column, rule in sheet.faults:
            building.refuse(line, column, rule)
        if not building.folder.is_broken:
            _read(request, building, sheet.lines, number)
    what = f"Import of {request.name} (PRISMA 2020 flow)"
    return import_rows(
        by=request.by,
        folder=building.folder,
        review=request.review,
        what=what,
        leaves_out=True,
        dry_run=request.dry_run,
        progress=request.progress,
    )


def _read(request: Request, building: Building, lines: tuple[Line, ...], number: str) -> None:
    told = list(_told(building, lines))
    _ask_about_sums(building, told)
    stored = SearchRound.objects.filter(review=request.review, number=int(number)).first()
    contradicted = _contradicted(building, stored, told) if stored else set()
    name = stored.name if stored else f"Search {number}"
    building.row("search_rounds", 1, {"number": number, "name": name})
    is_screened = stored is not None and Record.objects.filter(search_round=stored).exists()
    for one in told:
        if one.box in contradicted and one.stage in BESIDE and is_screened:
            building.note(BESIDE_LEFT_OUT.format(stage=one.stage, count=one.count))
        elif one.box not in contradicted or one.stage in BESIDE:
            cells = {"search_round": number, "box": one.box, "stage": one.stage, "reason": one.reason}
            building.row("counts", one.line, {**cells, "count": str(one.count)}, {"count": "n"})


def _told(building: Building, lines: tuple[Line, ...]) -> Iterator[Told]:
    """Give the numbers of the rows, each row of the template once."""
    seen: dict[str, int] = {}
    for line in lines:
        row = line.get("data")
        if is_missing(row) or is_missing(line.get("n")):
            continue
        if row in seen:
            building.refuse(line.number, "data", TWICE.format(seen[row]))
            continue
        seen[row] = line.number
        if row in NO_BOX or row in PARTS:
            if line.get("n") != "0":
                building.note(LEFT_OUT.format(row=row, count=line.get("n")))
        elif row not in PLACES:
            building.note(UNKNOWN_ROW.format(row=row, line=line.number))
        else:
            yield from _numbers(building, line, row)


def _numbers(building: Building, line: Line, row: str) -> Iterator[Told]:
    """Give the number of a row, or of each reason that it lists."""
    place, text = PLACES[row], line.get("n")
    count = _whole(text)
    if count is not None:
        yield Told(line.number, place.box, place.stage, place.reason, count)
        return
    if not place.is_listed:
        building.refuse(line.number, "n", NOT_WHOLE.format(text))
        return
    for part in filter(None, (one.strip() for one in text.split(";"))):
        found = next((match for one in PARTS_OF_LIST if (match := one.fullmatch(part))), None)
        count = _whole(found["count"]) if found else None
        if found is None or count is None:
            building.refuse(line.number, "n", NO_PAIR.format(part))
        else:
            yield Told(line.number, place.box, place.stage, found["reason"].strip(" ,:")[:160], count)


def _whole(text: str) -> int | None:
    try:
        plain = plain_number(text)
    except CellProblem:  # a mark of thousands: there are no parts of a record
        plain = re.sub("[.,]", "", text)
    return int(plain) if re.fullmatch("[0-9]{1,9}", plain) else None


def _contradicted(building: Building, stored: SearchRound, told: list[Told]) -> set[str]:
    """Give the boxes that are left as they are, and ask where their numbers are not those of the file.

    These are what screening in the review counts, and what the review splits by other stages or reasons than the file.
    """
    if Record.objects.filter(search_round=stored).exists():
        return _otherwise(building, _sums((line.box, line.stage, line.count) for line in count_flow(stored)), told)
    keys = {(one.box, one.stage, one.reason) for one in told}
    rows = [row for row in stored.counts.all() if row.stage not in BESIDE]
    split = {row.box for row in rows if (row.box, row.stage, row.reason) not in keys}
    return _otherwise(building, _sums((row.box, row.stage, row.count) for row in rows if row.box in split), told)


def _sums(counts: Iterable[tuple[str, str, int]]) -> Counter[str]:
    """Give the number of each box, without what came by other methods than databases and registers."""
    found: Counter[str] = Counter()
    for box, stage, count in counts:
        if stage not in BESIDE:
            found[box] += count
    return found


def _otherwise(building: Building, counted: Counter[str], told: list[Told]) -> set[str]:
    sums = _sums((one.box, one.stage, one.count) for one in told)
    for box in sorted(sums.keys() & counted.keys()):
        if sums[box] != counted[box]:
            label = FlowCount.Box(box).label
            building.note(OTHERWISE.format(told=sums[box], box=label, counted=counted[box]))
    return set(counted)


def _ask_about_sums(building: Building, told: list[Told]) -> None:
    """Ask about boxes of databases and registers whose numbers do not add up."""
    sums = _sums((one.box, one.stage, one.count) for one in told)
    steps = (
        ("records_screened", "records_identified", "records_removed"),
        ("reports_sought", "records_screened", "records_excluded"),
        ("reports_assessed", "reports_sought", "reports_not_retrieved"),
    )
    for result, whole, part in steps:
        if result in sums and whole in sums and sums[whole] - sums[part] != sums[result]:
            first, second, third = (FlowCount.Box(box).label.lower() for box in (result, whole, part))
            how = f"{second} ({sums[whole]}) without {third} ({sums[part]})"
            text = NO_SUM.format(first=first, sum=sums[whole] - sums[part], how=how, count=sums[result])
            building.note(text)
