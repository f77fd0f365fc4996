"""What an explanation consists of, as plain values."""

from typing import Literal

from analysis.contract import Frozen
from analysis.explain.conclusions import ChangedClass, Conclusion

QUANTITIES = ("estimate", "ci_lower", "ci_upper", "tau2")
Kind = Literal["study", "definitions", "rules", "model", "steps", "settings", "software"]
Status = Literal["added", "removed", "changed", "noted"]


class Author(Frozen):
    """Who made a change, when (ISO 8601) and why; "" where no reason was given."""

    by: str
    at: str
    reason: str = ""


class FieldChange(Frozen):
    """One field that differs, or a row that is new or gone (`field` is "" then).

    `kind` is the kind of row, `place` names the row in words, `field` is the field's own name.
    """

    action: Literal["changed", "added", "removed"]
    kind: str
    place: str
    field: str = ""
    before: str | None = None
    after: str | None = None
    author: Author | None = None


class StudyChange(Frozen):
    """A study that stands differently in the two snapshots, and what was changed in it.

    `status`: pooled only after (added), only before (removed), in both with another effect (changed), or changed in
    something that moves no effect (noted). `reason` says why a study that is not pooled is not. `is_by_rules` says that
    the study itself is the same and other changes did this. `before` and `after` are its effects and variances in
    words.
    """

    study: str
    label: str
    status: Status
    reason: str = ""
    is_by_rules: bool = False
    before: str = ""
    after: str = ""
    fields: tuple[FieldChange, ...] = ()


class SettingChange(Frozen):
    """A rule, a parameter, a definition, or a version that differs."""

    kind: Literal["definitions", "rules", "parameters", "plugin", "library"]
    name: str
    before: str | None
    after: str | None
    author: Author | None = None


class Movement(Frozen):
    """One number before and after; `change` is None where either is undefined."""

    quantity: str
    before: float | None
    after: float | None
    change: float | None


class Contribution(Frozen):
    """What one change moved, scale of the measure (ratios: natural logs); None where a movement is undefined.

    The standard errors are those of the sampling of orders, 0 where all orders were counted.
    """

    key: str
    kind: Kind
    label: str
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    tau2: float | None = None
    estimate_se: float | None = None
    ci_lower_se: float | None = None
    ci_upper_se: float | None = None
    tau2_se: float | None = None


class DomainChange(Frozen):
    """A domain of GRADE, or a reason to rate up, in levels before and after; None where it was not rated."""

    name: str
    before: int | None
    after: int | None
    reasons_before: tuple[str, ...] = ()
    reasons_after: tuple[str, ...] = ()


class RatingShare(Frozen):
    """What one change did to the certainty: levels down in all, and by domain (positive: less certain).

    Where there are many changes, `label` and `key` name several of one kind that are taken together.
    """

    key: str
    kind: Kind
    label: str
    levels: float
    levels_se: float = 0.0
    domains: dict[str, float] = {}


class RatingMovement(Frozen):
    """How the proposed certainty moved; `levels` is the number of levels down less those up.

    `shares` is empty where nothing moved, or where the proposal cannot be worked out for a mixture of the snapshots;
    `message` says which.
    """

    certainty_before: str | None
    certainty_after: str | None
    levels_before: int | None
    levels_after: int | None
    domains: tuple[DomainChange, ...] = ()
    shares: tuple[RatingShare, ...] = ()
    is_exact: bool = True
    message: str = ""


class SnapshotFacts(Frozen):
    """What names a snapshot: its number, the day it was made, by whom, and its digest."""

    number: int
    made_on: str
    made_by: str = ""
    digest: str = ""


class Explanation(Frozen):
    """The difference between two snapshots of an analysis, and what caused it. `before` is the earlier one."""

    before: SnapshotFacts
    after: SnapshotFacts
    measure: str
    is_ratio: bool
    unit: str = ""
    studies: tuple[StudyChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    unread_studies: tuple[str, ...] = ()
    movements: tuple[Movement, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    is_exact: bool = True
    coalitions: int = 0
    filled: int = 0
    rating: RatingMovement | None = None
    conclusion_before: Conclusion
    conclusion_after: Conclusion
    changed_classes: tuple[ChangedClass, ...] = ()
    paragraph: str = ""
    messages: tuple[str, ...] = ()

    def movement(self, quantity: str) -> Movement:
        """Give the movement of one of QUANTITIES."""
        return next(row for row in self.movements if row.quantity == quantity)

    def ranked(self) -> tuple[Contribution, ...]:
        """Give the contributions, those that moved the estimate most first."""
        return tuple(sorted(self.contributions, key=lambda row: -abs(row.estimate or 0.0)))
