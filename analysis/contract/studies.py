"""What a dataset holds beside its effects, where a plugin needs it: comparisons, studies, flow, adverse events."""

from typing import Literal

from analysis.contract.values import Fact, Frozen


class Comparison(Frozen):
    """One comparison of a network: treatment 1 minus treatment 2, scale of the measure.

    A study with a arms gives all a(a - 1)/2 comparisons between them where its arms report, so that their variances
    belong together; otherwise those that it prints. `n1` and `n2` are the sizes of the two groups. Where both report
    events, `events_1` of `total_1` people of treatment 1 had it, and `events_2` of `total_2`.
    """

    study: str
    label: str
    treatment_1: str
    treatment_2: str
    yi: float
    vi: float
    n1: float | None = None
    n2: float | None = None
    events_1: float | None = None
    total_1: float | None = None
    events_2: float | None = None
    total_2: float | None = None
    week: float | None = None
    facts: dict[str, Fact] = {}
    rob: dict[str, str] = {}
    sources: tuple[str, ...] = ()


class ArmRow(Frozen):
    """A group of a study. `components` are the codes of what it received, `duration_weeks` the longest of them."""

    number: int
    label: str
    role: Literal["experimental", "comparator", "unassigned"]
    comparator_type: str | None = None
    n_randomised: int | None = None
    components: tuple[str, ...] = ()
    duration_weeks: float | None = None
    sessions_per_week: float | None = None
    minutes_per_session: float | None = None


class StudyRow(Frozen):
    """A study of the review, pooled or not. `facts` are all its characteristics; `rob` the judgement by domain.

    `companion_of` names the study whose participants these are too.
    """

    study: str
    label: str
    year: int | None = None
    design: str = ""
    registration: str = ""
    companion_of: str | None = None
    has_extraction: bool = True
    arms: tuple[ArmRow, ...] = ()
    facts: dict[str, Fact] = {}
    rob: dict[str, str] = {}

    @property
    def n_randomised(self) -> int | None:
        """Participants of all arms; None where an arm's number is not known, or there is no arm."""
        sizes = [arm.n_randomised for arm in self.arms]
        known = [size for size in sizes if size is not None]
        return sum(known) if known and len(known) == len(sizes) else None


class CharacteristicFacts(Frozen):
    """A question that the review asks of every study: what `StudyRow.facts` holds under its code."""

    code: str
    name: str
    kind: Literal["number", "text", "choice", "flag"]
    unit: str = ""


class FlowCount(Frozen):
    """How many records, reports or studies stand in one box of the PRISMA 2020 flow."""

    search_round: int
    round_name: str
    box: str
    count: int
    stage: str = ""
    reason: str = ""


class AdverseEvent(Frozen):
    """One kind of adverse event in one group, or in a whole study where `arm` is None.

    `participants` are people who had it, `events` how often it happened, `total` of how many people, `related_events`
    those that treatment may have caused. `role` and `comparator_type` are those of the arm.
    """

    study: str
    label: str
    term: str
    seriousness: Literal["serious", "not_serious", "unclear"] = "unclear"
    arm: int | None = None
    arm_label: str = ""
    role: Literal["experimental", "comparator", "unassigned"] | None = None
    comparator_type: str | None = None
    events: int | None = None
    participants: int | None = None
    total: int | None = None
    related_events: int | None = None
    sources: tuple[str, ...] = ()
