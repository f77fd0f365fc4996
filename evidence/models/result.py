"""The numbers that reports give: for one arm, or for two arms against each other."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow, Sourced
from evidence.models.constraints import FieldCheck, not_negative, positive
from evidence.models.extraction import Arm, Extraction
from evidence.models.fields import Number
from evidence.models.outcome import Instrument
from evidence.plausibility import interval_contradictions, order_contradictions, scale_contradictions

PRINTED_SO_HELP = (
    "Tick this only if the report really prints these contradictory numbers. They are kept and listed, "
    "and no analysis uses them until somebody settles them."
)
SETTLED_ALREADY = "This result is already settled; change that settlement instead."
ASK_BACK = "Check the report; if it really prints this, tick “printed so” to keep it."


class ValueKind(models.TextChoices):
    """Whether a number is a score or a change of it since baseline."""

    FINAL = "final", "Value at this time"
    CHANGE = "change", "Change from baseline"


class Sign(models.TextChoices):
    """What a positive number means."""

    SCALE = "scale", "As the scale runs (change: later minus earlier; difference: first minus second arm)"
    BENEFIT = "benefit", "Positive is better (improvement, or first arm better than second)"
    NOT_STATED = "not_stated", "The report does not say"


class PrintedResult(EvidenceRow, Sourced):
    """What the two kinds of result share: instrument, time, and the mark of a printed contradiction."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    week = Number(help_text="Weeks since the start of treatment; 0 is baseline. Empty where the report does not say.")
    time_as_printed = models.CharField(max_length=80, blank=True, help_text="Such as 3 months.")
    value_kind = models.CharField("kind of value", max_length=10, choices=ValueKind, default=ValueKind.FINAL)
    sign = models.CharField("meaning of the sign", max_length=12, choices=Sign, default=Sign.SCALE)
    ci_lower = Number("CI lower limit")
    ci_upper = Number("CI upper limit")
    ci_level = Number("CI level", default="0.95", null=False, blank=False, help_text="0.95 for a 95% interval.")
    is_adjusted = models.BooleanField("adjusted", default=False, help_text="Adjusted for baseline or covariates.")
    is_printed_so = models.BooleanField("printed so", default=False, help_text=PRINTED_SO_HELP)

    class Meta:
        abstract = True

    @property
    def is_unsettled(self) -> bool:
        """Whether the row is marked as printed so and nobody has settled it."""
        return self.is_printed_so and not hasattr(self, "settlement")

    def check_instrument(self, review_id: int) -> None:
        """Refuse an instrument from another review."""
        if self.instrument_id is not None and self.instrument.owning_review.pk != review_id:
            raise ValidationError({"instrument": f"“{self.instrument}” is an instrument of another review."})

    def ask_back(self, field: str, contradictions: list[str]) -> None:
        """Refuse contradictory numbers unless the reviewer says that the report prints them so."""
        if contradictions and not self.is_printed_so:
            raise ValidationError({field: [f"{sentence} {ASK_BACK}" for sentence in contradictions]})


def level_is_fraction(table: str) -> FieldCheck:
    """Give the constraint that a confidence level is a fraction between a half and 1."""
    return FieldCheck(
        field="ci_level",
        condition=Q(ci_level__gte=0.5, ci_level__lt=1),
        name=f"{table}_ci_level_fraction",
        sentence="The CI level must be a fraction from 0.5 to below 1; a 95% interval has level 0.95.",
    )


def limits_rise(table: str) -> FieldCheck:
    """Give the constraint that the lower limit is not above the upper one."""
    return FieldCheck(
        field="ci_upper",
        condition=Q(ci_lower__isnull=True) | Q(ci_upper__isnull=True) | Q(ci_lower__lte=F("ci_upper")),
        name=f"{table}_ci_rises",
        sentence="The CI's upper limit must not be below its lower limit.",
    )


def estimate_inside(field: str, table: str, label: str) -> FieldCheck:
    """Give the constraint that an estimate lies in its own interval, unless marked as printed so."""
    inside = Q(ci_lower__lte=F(field), ci_upper__gte=F(field))
    unknown = Q(**{f"{field}__isnull": True}) | Q(ci_lower__isnull=True) | Q(ci_upper__isnull=True)
    return FieldCheck(
        field=field,
        condition=Q(is_printed_so=True) | unknown | inside,
        name=f"{table}_inside_own_ci",
        sentence=f"{label} lies outside its own confidence interval. {ASK_BACK}",
    )


def not_above(field: str, limit: str, *, table: str, sentence: str) -> FieldCheck:
    """Give the constraint that one number is not above another of the same row."""
    unknown = Q(**{f"{field}__isnull": True}) | Q(**{f"{limit}__isnull": True})
    return FieldCheck(
        field=field,
        condition=unknown | Q(**{f"{field}__lte": F(limit)}),
        name=f"{table}_{field}_not_above_{limit}",
        sentence=sentence,
    )


class ArmResult(PrintedResult):
    """What a report prints for one arm at one time, with one instrument. Nothing is converted here."""

    review_path = "arm__extraction__study__review"

    arm = models.ForeignKey(Arm, on_delete=models.CASCADE, related_name="results")
    n = models.PositiveIntegerField("n analysed", null=True, blank=True)
    mean = Number()
    sd = Number("SD")
    se = Number("SE", help_text="Standard error of the mean.")
    median = Number()
    q1 = Number("first quartile")
    q3 = Number("third quartile")
    minimum = Number()
    maximum = Number()
    events = models.IntegerField(null=True, blank=True)
    total = models.IntegerField(null=True, blank=True)
    percent = Number("percent with event", help_text="Where the report prints a percentage only.")

    class Meta:
        ordering = ["arm", "instrument", "week"]
        constraints = [
            positive("n", table="armresult", label="The number analysed"),
            positive("sd", table="armresult", label="The SD"),
            positive("se", table="armresult", label="The SE"),
            not_negative("week", table="armresult", label="The week"),
            not_negative("events", table="armresult", label="The number of events"),
            positive("total", table="armresult", label="The total"),
            not_above(
                "events", "total", table="armresult", sentence="There cannot be more events than participants in total."
            ),
            FieldCheck(
                field="percent",
                condition=Q(percent__isnull=True) | Q(percent__range=(0, 100)),
                name="armresult_percent_range",
                sentence="The percentage must lie between 0 and 100.",
            ),
            level_is_fraction("armresult"),
            limits_rise("armresult"),
            estimate_inside("mean", "armresult", "The mean"),
            FieldCheck(
                field="mean",
                condition=~Q(mean__isnull=True, median__isnull=True, events__isnull=True, percent__isnull=True),
                name="armresult_has_a_value",
                sentence="A result needs a mean, a median, a number of events or a percentage.",
            ),
            models.UniqueConstraint(
                fields=["arm", "instrument", "week", "value_kind", "is_adjusted"],
                name="armresult_once",
                violation_error_message="The arm already has this kind of result with this instrument at this week.",
            ),
            models.UniqueConstraint(
                fields=["arm", "instrument", "time_as_printed", "value_kind", "is_adjusted"],
                condition=Q(week__isnull=True),
                name="armresult_once_without_week",
                violation_error_message="The arm already has this kind of result with this instrument at this time.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.arm.label}, {self.instrument.name}, week {'?' if self.week is None else f'{self.week:f}'}"

    def contradictions(self) -> list[str]:
        """Give the sentences about numbers of this row that contradict each other."""
        spread = (self.minimum, self.q1, self.median, self.q3, self.maximum)
        names = ("minimum", "first quartile", "median", "third quartile", "maximum")
        found = interval_contradictions(self.mean, self.ci_lower, self.ci_upper, name="The mean")
        found += order_contradictions(spread, names)
        if self.value_kind == ValueKind.FINAL and self.instrument_id is not None:
            low, high = self.instrument.scale_min, self.instrument.scale_max
            found += scale_contradictions(self.mean, low, high, name="The mean")
            found += scale_contradictions(self.median, low, high, name="The median")
        return found

    def clean(self) -> None:
        """Ask back about contradictions and refuse another review's instrument."""
        if self.arm_id is not None:
            self.check_instrument(self.owning_review.pk)
        self.ask_back("mean" if self.mean is not None else "median", self.contradictions())


class ContrastResult(PrintedResult):
    """What a report prints for two arms against each other, such as a mean difference with its interval."""

    class Measure(models.TextChoices):
        MD = "MD", "Mean difference"
        SMD = "SMD", "Standardised mean difference"
        ROM = "ROM", "Ratio of means"
        RR = "RR", "Risk ratio"
        OR = "OR", "Odds ratio"
        RD = "RD", "Risk difference"
        HR = "HR", "Hazard ratio"
        IRR = "IRR", "Incidence rate ratio"
        OTHER = "other", "Other (named in the note)"

    class PValueRelation(models.TextChoices):
        EQUAL = "=", "p ="
        BELOW = "<", "p <"
        ABOVE = ">", "p >"

    review_path = "extraction__study__review"

    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="contrasts")
    first_arm = models.ForeignKey(
        Arm, on_delete=models.RESTRICT, related_name="contrasts_as_first", help_text="Usually the experimental arm."
    )
    second_arm = models.ForeignKey(
        Arm, on_delete=models.RESTRICT, related_name="contrasts_as_second", help_text="Usually the comparator."
    )
    measure = models.CharField(max_length=10, choices=Measure, default=Measure.MD)
    measure_as_printed = models.CharField(max_length=160, blank=True, help_text="How the report calls it.")
    estimate = Number()
    standard_error = Number()
    t_value = Number("t value")
    p_value = Number("p value", max_digits=12, decimal_places=10)
    p_relation = models.CharField("p value printed as", max_length=1, choices=PValueRelation, default="=")
    n_first = models.PositiveIntegerField("n of the first arm", null=True, blank=True)
    n_second = models.PositiveIntegerField("n of the second arm", null=True, blank=True)

    class Meta:
        ordering = ["extraction", "instrument", "week"]
        constraints = [
            FieldCheck(
                field="second_arm",
                condition=~Q(first_arm=F("second_arm")),
                name="contrast_two_different_arms",
                sentence="A contrast needs two different arms.",
            ),
            positive("standard_error", table="contrast", label="The standard error"),
            not_negative("week", table="contrast", label="The week"),
            positive("n_first", table="contrast", label="The n of the first arm"),
            positive("n_second", table="contrast", label="The n of the second arm"),
            FieldCheck(
                field="p_value",
                condition=Q(p_value__isnull=True) | Q(p_value__range=(0, 1)),
                name="contrast_p_range",
                sentence="A p value must lie between 0 and 1.",
            ),
            level_is_fraction("contrast"),
            limits_rise("contrast"),
            estimate_inside("estimate", "contrast", "The estimate"),
            FieldCheck(
                field="estimate",
                condition=Q(is_printed_so=True)
                | ~Q(measure__in=["RR", "OR", "HR", "IRR", "ROM"])
                | Q(estimate__isnull=True)
                | Q(estimate__gt=0),
                name="contrast_ratio_positive",
                sentence="A ratio must be above 0; enter it as printed, not its logarithm.",
            ),
            FieldCheck(
                field="estimate",
                condition=~Q(estimate__isnull=True, t_value__isnull=True, p_value__isnull=True),
                name="contrast_has_a_value",
                sentence="A contrast needs an estimate, a t value or a p value.",
            ),
            models.UniqueConstraint(
                fields=["first_arm", "second_arm", "instrument", "week", "measure", "value_kind", "is_adjusted"],
                name="contrast_once",
                violation_error_message="This contrast is already entered for the instrument, week and measure.",
            ),
            models.UniqueConstraint(
                fields=[
                    *("first_arm", "second_arm", "instrument", "time_as_printed"),
                    *("measure", "value_kind", "is_adjusted"),
                ],
                condition=Q(week__isnull=True),
                name="contrast_once_without_week",
                violation_error_message="This contrast is already entered for the instrument, time and measure.",
            ),
        ]

    def __str__(self) -> str:
        week = "?" if self.week is None else f"{self.week:f}"
        return f"{self.first_arm.label} against {self.second_arm.label}, {self.instrument.name}, week {week}"

    def contradictions(self) -> list[str]:
        """Give the sentences about numbers of this row that contradict each other."""
        if self.measure in {"RR", "OR", "HR", "IRR", "ROM"}:
            inside = self.estimate is None or self.ci_lower is None or self.ci_upper is None
            if inside or self.ci_lower <= self.estimate <= self.ci_upper:
                return []
        return interval_contradictions(self.estimate, self.ci_lower, self.ci_upper, name="The estimate")

    def clean(self) -> None:
        """Refuse arms of another extraction, another review's instrument, and ask back about contradictions."""
        if self.extraction_id is not None:
            self.check_instrument(self.owning_review.pk)
        for name in ("first_arm", "second_arm"):
            arm = getattr(self, name, None) if getattr(self, f"{name}_id") is not None else None
            if arm is not None and arm.extraction_id != self.extraction_id:
                raise ValidationError({name: f"Arm “{arm.label}” belongs to another extraction."})
        self.ask_back("estimate", self.contradictions())


class Settlement(EvidenceRow):
    """What a person decided about a printed contradiction; the printed numbers stay as they are."""

    review_path = "extraction__study__review"

    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="settlements")
    arm_result = models.OneToOneField(
        ArmResult,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="settlement",
        error_messages={"unique": SETTLED_ALREADY},
    )
    contrast_result = models.OneToOneField(
        ContrastResult,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="settlement",
        error_messages={"unique": SETTLED_ALREADY},
    )
    value = Number("settled mean or estimate", null=False, blank=False)
    ci_lower = Number("settled CI lower limit")
    ci_upper = Number("settled CI upper limit")
    reason = models.TextField(help_text="Why: the author's answer, another report, the text beside the table.")
    settled_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="settlements")

    class Meta:
        ordering = ["extraction", "settled_at"]
        constraints = [
            FieldCheck(
                field="arm_result",
                condition=Q(arm_result__isnull=True, contrast_result__isnull=False)
                | Q(arm_result__isnull=False, contrast_result__isnull=True),
                name="settlement_of_one_result",
                sentence="A settlement is about one result: of an arm, or of a contrast.",
            ),
            limits_rise("settlement"),
            FieldCheck(
                field="value",
                condition=Q(ci_lower__isnull=True)
                | Q(ci_upper__isnull=True)
                | Q(ci_lower__lte=F("value"), ci_upper__gte=F("value")),
                name="settlement_inside_own_ci",
                sentence="The settled value must lie inside the settled confidence interval.",
            ),
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="settlement_has_a_reason",
                sentence="Say why the numbers are settled this way.",
            ),
        ]

    def __str__(self) -> str:
        return f"Settlement of {self.arm_result or self.contrast_result}"

    def clean(self) -> None:
        """Refuse a result of another extraction."""
        if self.arm_result is not None and self.arm_result.arm.extraction_id != self.extraction_id:
            raise ValidationError({"arm_result": f"“{self.arm_result}” belongs to another extraction."})
        if self.contrast_result is not None and self.contrast_result.extraction_id != self.extraction_id:
            raise ValidationError({"contrast_result": f"“{self.contrast_result}” belongs to another extraction."})
