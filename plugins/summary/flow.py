"""The PRISMA 2020 flow: its boxes, their sums, and whether they add up."""

from analysis.contract import FlowCount
from plugins.summary.result import FlowCheck, FlowRow

BOXES = {
    "records_identified": "Records identified",
    "records_removed": "Records removed before screening",
    "records_screened": "Records screened",
    "records_excluded": "Records excluded",
    "reports_sought": "Reports sought for retrieval",
    "reports_not_retrieved": "Reports not retrieved",
    "reports_assessed": "Reports assessed for eligibility",
    "reports_excluded": "Reports excluded",
    "studies_included": "Studies included in the review",
    "studies_pooled": "Studies included in the synthesis",
}
# Each box is what is left of the box before it: (box, what it is taken from, what leaves on the way).
STEPS = (
    ("records_screened", "records_identified", "records_removed"),
    ("reports_sought", "records_screened", "records_excluded"),
    ("reports_assessed", "reports_sought", "reports_not_retrieved"),
)
NOT_EQUAL = "In {round}, {label} should be {expected}, but {found} stand in the box."
TOO_MANY = "In {round}, {label} cannot be more than {expected}, but {found} stand in the box."
PARTS_DIFFER = "In {round}, the parts of “{box}” sum to {parts}, but its total is {total}."
STUDIES_DIFFER = (
    "The flow counts {flow} included studies, the review has {studies} (companions counted once); the difference is to "
    "be explained."
)

Boxes = dict[str, int]


def read_flow(flow: tuple[FlowCount, ...]) -> tuple[tuple[FlowRow, ...], tuple[FlowCheck, ...], tuple[str, ...]]:
    """Give the boxes of each round and their sums, the checks, and a sentence for each that fails."""
    rounds: dict[str, list[FlowCount]] = {}
    for row in sorted(flow, key=lambda row: row.search_round):
        rounds.setdefault(row.round_name or f"round {row.search_round}", []).append(row)
    rows, checks, said = [], [], []
    sums: Boxes = {}
    for name, counts in rounds.items():
        rows += [_row(count, name) for count in counts]
        boxes, problems = _boxes(counts, name)
        said += problems
        sums = {box: sums.get(box, 0) + boxes.get(box, 0) for box in BOXES if box in sums or box in boxes}
        checks += _checks(boxes, name)
    rows += [FlowRow(name=box, label=BOXES[box], count=count) for box, count in sums.items()]
    said += [_sentence(check) for check in checks if not check.holds]
    return tuple(rows), tuple(checks), tuple(said)


def compare_with_studies(flow: tuple[FlowRow, ...], studies: int) -> tuple[str, ...]:
    """Give a sentence where the flow counts other studies than the review has."""
    counted = [row.count for row in flow if row.name == "studies_included" and not row.round_name]
    return (STUDIES_DIFFER.format(flow=counted[0], studies=studies),) if counted and counted[0] != studies else ()


def _row(count: FlowCount, round_name: str) -> FlowRow:
    label = BOXES.get(count.box, count.box)
    return FlowRow(
        name=count.box, label=label, round_name=round_name, stage=count.stage, reason=count.reason, count=count.count
    )


def _boxes(counts: list[FlowCount], round_name: str) -> tuple[Boxes, list[str]]:
    """Give the total of each box: its row without stage and reason, otherwise the sum of its parts."""
    totals: Boxes = {}
    parts: Boxes = {}
    for count in counts:
        kept = parts if count.stage or count.reason else totals
        kept[count.box] = kept.get(count.box, 0) + count.count
    problems = [
        PARTS_DIFFER.format(round=round_name, box=BOXES.get(box, box), parts=parts[box], total=totals[box])
        for box in totals
        if box in parts and parts[box] != totals[box]
    ]
    return parts | totals, problems


def _checks(boxes: Boxes, round_name: str) -> list[FlowCheck]:
    """Give the checks whose boxes are there; where nobody counted what leaves, a box is at most the one before."""
    found = []
    for box, before, leaving in STEPS:
        if box in boxes and before in boxes:
            left, is_most = boxes[before] - boxes.get(leaving, 0), leaving not in boxes
            label = f"{BOXES[box]} = {BOXES[before]} - {BOXES[leaving]}"
            if is_most:
                label = f"{BOXES[box]}, of {before.replace('_', ' ')},"
            found.append(_check(box, label, round_name, left, boxes[box], is_most=is_most))
    if "studies_included" in boxes and "reports_assessed" in boxes:
        most = boxes["reports_assessed"] - boxes.get("reports_excluded", 0)
        label = "Studies included, of the reports that are left,"
        found.append(_check("studies_included", label, round_name, most, boxes["studies_included"], is_most=True))
    if "studies_pooled" in boxes and "studies_included" in boxes:
        most, label = boxes["studies_included"], "Studies in the synthesis, of those included,"
        found.append(_check("studies_pooled", label, round_name, most, boxes["studies_pooled"], is_most=True))
    return found


def _check(box: str, label: str, round_name: str, expected: int, count: int, *, is_most: bool) -> FlowCheck:
    holds = count <= expected if is_most else count == expected
    return FlowCheck(name=box, label=label, round_name=round_name, expected=expected, found=count, holds=holds)


def _sentence(check: FlowCheck) -> str:
    """Give a failed check in words."""
    words = NOT_EQUAL if "=" in check.label else TOO_MANY
    return words.format(round=check.round_name, label=check.label, expected=check.expected, found=check.found)
