"""What a review has already, looked up by the names that files of other programs use."""

from dataclasses import dataclass, field
from typing import TypeVar

from evidence.importers.naming import folded
from evidence.models import Arm, CharacteristicField, ComparatorType, Instrument, Outcome, Report, Review, Study

Word = TypeVar("Word", Outcome, ComparatorType, CharacteristicField)


@dataclass(slots=True)
class Standing:
    """The words, studies, reports and consensus arms of a review, by code."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    instruments: dict[tuple[str, str], Instrument] = field(default_factory=dict)
    comparator_types: dict[str, ComparatorType] = field(default_factory=dict)
    fields: dict[str, CharacteristicField] = field(default_factory=dict)
    studies: dict[str, Study] = field(default_factory=dict)
    arms: dict[str, list[Arm]] = field(default_factory=dict)
    reports: dict[str, list[Report]] = field(default_factory=dict)

    def outcome_named(self, name: str) -> Outcome | None:
        """Give the outcome with this name or code."""
        return _named(self.outcomes, name)

    def comparator_named(self, name: str) -> ComparatorType | None:
        """Give the comparator type with this name or code."""
        return _named(self.comparator_types, name)

    def field_named(self, *names: str) -> CharacteristicField | None:
        """Give the first characteristic with one of these names or codes."""
        found = (_named(self.fields, name) for name in names)
        return next((one for one in found if one is not None and not one.is_retired), None)

    def study_named(self, label: str) -> Study | None:
        """Give the study with this label or code."""
        wanted = folded(label)
        return next((one for one in self.studies.values() if wanted in (folded(one.label), folded(one.code))), None)

    def study_registered(self, number: str) -> Study | None:
        """Give the study with this number of a trial register."""
        return next(
            (one for one in self.studies.values() if number and number.casefold() in one.registration.casefold()), None
        )


def _named(words: dict[str, Word], name: str) -> Word | None:
    wanted = folded(name)
    if not wanted:
        return None
    by_code = next((word for code, word in words.items() if folded(code) == wanted), None)
    return by_code or next((word for word in words.values() if folded(word.name) == wanted), None)


def standing_of(review: Review) -> Standing:
    """Give what a review has already."""
    standing = Standing(
        outcomes={one.code: one for one in Outcome.objects.filter(review=review)},
        comparator_types={one.code: one for one in ComparatorType.objects.filter(review=review)},
        fields={one.code: one for one in CharacteristicField.objects.filter(review=review)},
        studies={one.code: one for one in Study.objects.filter(review=review).order_by("code")},
    )
    for instrument in Instrument.objects.filter(outcome__review=review).select_related("outcome"):
        standing.instruments[instrument.outcome.code, instrument.code] = instrument
    arms = Arm.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    for arm in arms.select_related("extraction__study", "comparator_type").order_by("number"):
        standing.arms.setdefault(arm.extraction.study.code, []).append(arm)
    for report in Report.objects.filter(study__review=review).select_related("study"):
        standing.reports.setdefault(report.study.code, []).append(report)
    return standing
