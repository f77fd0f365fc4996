"""The rows of the study's page: they name arms by the number that the arm has on the same page."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from evidence.admin.scoped import WHOLE
from evidence.admin.sentences import SpeakingForm, speak
from evidence.admin.study.page import StudyPage
from evidence.models import Arm, CharacteristicField

YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}


def arm_number(label: str, *, required: bool = True) -> forms.IntegerField:
    """Give a field for the number of an arm on the page."""
    field = forms.IntegerField(label=label, required=required, min_value=0, **WHOLE)
    speak(field, label)
    return field


class RowForm(SpeakingForm):
    """A row of the extraction. `arm_fields` maps each number field to the arm that it stands for."""

    page: StudyPage | None = None
    arm_fields: dict[str, str] = {}
    counts_as_empty: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number_field, arm_field in self.arm_fields.items():
            if self.instance.pk is not None and getattr(self.instance, f"{arm_field}_id") is not None:
                self.initial[number_field] = getattr(self.instance, arm_field).number

    def is_kept(self) -> bool:
        """Whether the row will be on the page after saving."""
        is_filled = self.instance.pk is not None or self.has_changed()
        return is_filled and not getattr(self, "cleaned_data", {}).get("DELETE", False)

    @property
    def changed_data(self) -> list[str]:
        """Names of the fields that were changed; a new row with nothing but what the page filled in is unchanged."""
        changed: list[str] = super().changed_data
        if self.instance.pk is None and not set(changed) - set(self.counts_as_empty):
            return []
        return changed

    def clean(self) -> dict[str, Any]:
        """Find the arms that the row names; a number without an arm gets a sentence."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for number_field, arm_field in self.arm_fields.items():
            setattr(self.instance, arm_field, self._arm(number_field))
        return cleaned

    def _arm(self, number_field: str) -> Arm | None:
        page = self.page
        assert page is not None
        number = self.cleaned_data.get(number_field)
        arms = page.arms()
        if number in arms:
            return arms[number]
        if number is None and not self.fields[number_field].required:
            return None
        if number is not None:
            known = ", ".join(map(str, sorted(arms)))
            rule = (
                f"the arms are {known}" if len(arms) > 1 else f"the only arm is {known}" if arms else "enter it first"
            )
            self.add_error(number_field, f"There is no arm {number} on this page; {rule}.")
        return Arm(extraction=page.extraction)

    def sort_out(self) -> None:
        """Point to the parents once they are saved."""
        for arm_field in self.arm_fields.values():
            setattr(self.instance, arm_field, getattr(self.instance, arm_field))


class ArmForm(RowForm):
    """An arm."""

    counts_as_empty = ("number",)


class ArmRowForm(RowForm):
    """A row about one arm: a component or a result."""

    arm_fields = {"arm_no": "arm"}
    error_places = {"arm": "arm_no"}
    counts_as_empty = ("value_kind", "sign", "ci_level")

    arm_no = arm_number("arm no.")


class ContrastForm(RowForm):
    """What a report prints for two arms against each other."""

    arm_fields = {"first_arm_no": "first_arm", "second_arm_no": "second_arm"}
    error_places = {"first_arm": "first_arm_no", "second_arm": "second_arm_no"}
    counts_as_empty = ("measure", "value_kind", "sign", "ci_level", "p_relation")

    first_arm_no = arm_number("arm no.")
    second_arm_no = arm_number("against")

    def clean(self) -> dict[str, Any]:
        """Refuse a contrast of an arm with itself."""
        cleaned = super().clean()
        first, second = cleaned.get("first_arm_no"), cleaned.get("second_arm_no")
        if first is not None and first == second:
            self.add_error("second_arm_no", f"A contrast needs two different arms; both are arm {first}.")
        return cleaned


class AdverseEventForm(RowForm):
    """An adverse event, in one arm or in the whole study."""

    arm_fields = {"arm_no": "arm"}
    error_places = {"arm": "arm_no"}
    counts_as_empty = ("seriousness",)

    arm_no = arm_number("arm no.", required=False)


class CharacteristicForm(RowForm):
    """The answer to one of the review's questions about a study, typed as the question asks."""

    error_places = {"number": "value", "text": "value", "flag": "value"}
    counts_as_empty = ("field",)

    value = forms.CharField(label="value", required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            value = self.instance.value
            self.initial["value"] = ("yes" if value else "no") if isinstance(value, bool) else str(value)

    @property
    def is_left_alone(self) -> bool:
        """Whether this is a saved answer that the page does not change: it may be one to an earlier question."""
        return self.instance.pk is not None and not self.has_changed()

    def clean(self) -> dict[str, Any]:
        """Read the value as the kind that the characteristic has; what was not touched stays as it is."""
        cleaned = super().clean()
        if self.is_left_alone:
            return cleaned
        field, value = cleaned.get("field"), (cleaned.get("value") or "").strip()
        row = self.instance
        row.number, row.text, row.flag = None, "", None
        if field is None or not value:
            return cleaned
        if field.kind == CharacteristicField.Kind.NUMBER:
            row.number = self._number(field, value)
        elif field.kind == CharacteristicField.Kind.FLAG:
            row.flag = True if value.lower() in YES else False if value.lower() in NO else None
            if row.flag is None:
                self.add_error("value", f"{field} must be yes or no; not “{value}”.")
        else:
            row.text = value
        return cleaned

    def _number(self, field: CharacteristicField, value: str) -> Decimal | None:
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite():
            self.add_error("value", f"{field} must be a number with a decimal point, such as 2.5; not “{value}”.")
            return None
        if abs(number) >= 10**9 or -int(number.as_tuple().exponent) > 6:
            self.add_error("value", f"{field} can have up to 9 digits before and 6 after the point; got {value}.")
            return None
        return number

    def _post_clean(self) -> None:
        """Run the rules of the row, unless the value was already refused, or is an old answer that is kept."""
        if "value" in self.errors or self.is_left_alone:
            return
        super()._post_clean()
