"""What the review has already, by which the rows of a file find their counterparts."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evidence.models import (
    Arm,
    ArmResult,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Instrument,
    Outcome,
    Report,
    Review,
    Study,
)

Weeks = Mapping[tuple[Any, ...], set[Decimal | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of the review by code, arms and reports by study, and weeks of results by all else they are known by."""

    studies: Mapping[str, str]
    outcomes: Mapping[str, Outcome]
    instruments: Mapping[tuple[str, str], Instrument]
    comparators: Mapping[str, str]
    components: Mapping[str, ComponentType]
    fields: Mapping[str, CharacteristicField]
    arms: Mapping[str, Mapping[str, Arm]]
    reports: Mapping[str, list[Report]]
    weeks: Weeks

    def only_outcome(self) -> str:
        """Give the name of the only outcome that is measured with scales, "" where there is none or several."""
        kind = Instrument.Kind.CONTINUOUS
        codes = {outcome for (outcome, _), one in self.instruments.items() if one.kind == kind}
        return self.outcomes[codes.pop()].name if len(codes) == 1 else ""

    def outcomes_of(self, instrument: str) -> list[str]:
        """Give the outcomes that have an instrument of this code."""
        return [outcome for outcome, code in self.instruments if code == instrument]


def known_of(review: Review) -> Known:
    """Read what the review has."""
    arms: dict[str, dict[str, Arm]] = defaultdict(dict)
    agreed = Arm.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    for arm in agreed.select_related("extraction__study", "comparator_type"):
        arms[arm.extraction.study.code][arm.label] = arm
    reports: dict[str, list[Report]] = defaultdict(list)
    for report in Report.objects.filter(study__review=review).select_related("study").order_by("pk"):
        reports[report.study.code].append(report)
    instruments = Instrument.objects.filter(outcome__review=review).select_related("outcome")
    return Known(
        studies=dict(Study.objects.filter(review=review).values_list("code", "label")),
        outcomes={one.code: one for one in Outcome.objects.filter(review=review)},
        instruments={(one.outcome.code, one.code): one for one in instruments},
        comparators=dict(ComparatorType.objects.filter(review=review).values_list("code", "name")),
        components={one.code: one for one in ComponentType.objects.filter(review=review)},
        fields={one.code: one for one in CharacteristicField.objects.filter(review=review)},
        arms=arms,
        reports=reports,
        weeks=_weeks(review),
    )


def _weeks(review: Review) -> Weeks:
    found: dict[tuple[Any, ...], set[Decimal | None]] = defaultdict(set)
    of_arms = ArmResult.objects.filter(arm__extraction__study__review=review, arm__extraction__is_consensus=True)
    of_arms = of_arms.filter(is_adjusted=False).exclude(week=0)
    arm = ("arm__extraction__study__code", "arm__number")
    shared = ("instrument__outcome__code", "instrument__code", "value_kind", "time_as_printed", "week")
    for *key, week in of_arms.values_list(*arm, *shared):
        found["arm_results", *key].add(week)
    contrasts = ContrastResult.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    pair = ("extraction__study__code", "first_arm__number", "second_arm__number", "measure")
    for *key, week in contrasts.filter(is_adjusted=False).values_list(*pair, *shared):
        found["contrast_results", *key].add(week)
    return found


def bare(text: str) -> str:
    """Give the letters and digits of a citation, by which two spellings of it are one."""
    return re.sub(r"\W+", "", text).casefold()
