"""Sets of rows of one extraction, checked against each other before anything is saved."""

from typing import Any

from django.db.models import Model, UniqueConstraint
from django.forms.models import BaseInlineFormSet, BaseModelFormSet

from evidence.admin.study.page import StudyPage


class RowFormSet(BaseInlineFormSet):
    """Rows that belong to the extraction itself."""

    page: StudyPage

    def __init__(self, *args: Any, page: StudyPage, **kwargs: Any) -> None:
        self.page = page
        super().__init__(*args, **kwargs)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        form.page = self.page
        form.instance.extraction = self.instance
        return form

    def validate_unique(self) -> None:
        """Refuse two rows of the page that the database would hold to be the same."""
        model: Any = self.model
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and constraint.condition is None:
                self._check_once(constraint)

    def _check_once(self, constraint: UniqueConstraint) -> None:
        seen: dict[tuple[Any, ...], int] = {}
        forms: list[Any] = self.forms
        for place, form in enumerate(forms, start=1):
            if not form.is_kept() or form.errors:
                continue
            key = tuple(_sameness(form.instance, name) for name in constraint.fields)
            if None in key:
                continue
            if key in seen:
                form.add_error(None, f"{constraint.violation_error_message} See row {seen[key]}.")
            seen.setdefault(key, place)


def _sameness(row: Model, name: str) -> Any:
    """Give what makes two values of a field the same, also for parents that are not saved yet."""
    value = getattr(row, name, None)
    if isinstance(value, Model):
        return (type(value), value.pk) if value.pk is not None else id(value)
    return value


class ArmRowFormSet(RowFormSet):
    """Rows that belong to an arm of the extraction."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Any = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        *,
        page: StudyPage,
        **kwargs: Any,
    ) -> None:
        self.page, self.instance, self.save_as_new = page, instance, False
        self.unique_fields = set()
        rows = queryset.filter(arm__extraction=instance) if instance.pk else queryset.none()
        BaseModelFormSet.__init__(self, data, files, prefix=prefix, queryset=rows, **kwargs)

    @classmethod
    def get_default_prefix(cls) -> str:
        """Give the prefix of the set's fields."""
        model: Any = cls.model
        return str(model._meta.model_name)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = BaseModelFormSet._construct_form(self, i, **kwargs)  # type: ignore[attr-defined]
        form.page = self.page
        return form

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the key of the row; the arm comes from its number."""
        BaseModelFormSet.add_fields(self, form, index)
