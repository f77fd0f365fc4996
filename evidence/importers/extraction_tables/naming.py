"""What a file calls studies and arms, found among those of the review and those that the file itself brings."""

import re
from dataclasses import dataclass, field

from evidence.importers.extraction_tables.words import tokens_of
from evidence.models import Arm, Review, Study

Tokens = tuple[str, ...]
NUMBER = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(slots=True)
class Names:
    """Studies by their names, and the arms of each by their labels."""

    studies: dict[Tokens, str | None] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    arms: dict[str, dict[Tokens, int]] = field(default_factory=dict)
    roles: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    labels: dict[str, dict[int, tuple[str, str]]] = field(default_factory=dict)

    def study(self, text: str) -> str | None:
        """Give the code of a study that the review or the file has, None where there is none."""
        return text if text in self.codes else self.studies.get(tokens_of(text))

    def arm(self, study: str, text: str) -> int | None:
        """Give the number of an arm: itself, or that of the arm with this label."""
        return int(text) if NUMBER.fullmatch(text) else self.labelled(study, text)

    def labelled(self, study: str, label: str) -> int | None:
        """Give the number of the arm with this label."""
        return self.arms.get(study, {}).get(tokens_of(label))

    def add_study(self, code: str, label: str) -> None:
        """Know a study by its code and its label; two that are called alike are known by their codes alone."""
        self.codes.add(code)
        for name in (tokens_of(code), tokens_of(label)):
            if self.studies.setdefault(name, code) != code:
                self.studies[name] = None

    def add_arm(self, study: str, number: int, label: str, role: str = "") -> None:
        """Know an arm by its label, and by its role."""
        self.labels.setdefault(study, {}).setdefault(number, (label, role))
        self.arms.setdefault(study, {}).setdefault(tokens_of(label), number)
        self.roles.setdefault(study, {}).setdefault(role, []).append(number)


def names_of(review: Review) -> Names:
    """Give the names of what the review has: its studies, and the arms that are agreed."""
    names = Names()
    for code, label in Study.objects.filter(review=review).order_by("code").values_list("code", "label"):
        names.add_study(code, label)
    arms = Arm.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    for study, number, label, role in arms.order_by("extraction__study__code", "number").values_list(
        "extraction__study__code", "number", "label", "role"
    ):
        names.add_arm(study, number, label, role)
    return names
