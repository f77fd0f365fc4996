"""The list of errors at the top of the page: each names its section, row and field, and leads to it."""

from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.text import capfirst

from evidence.admin.study.risk_of_bias import RiskOfBiasRows


class ListedError(NamedTuple):
    """One sentence and the field it is about."""

    place: str
    sentence: str
    target: str


def listed_errors(form: Any, formsets: Any) -> list[ListedError]:
    """Give the errors of a page in the order of its fields."""
    found = _of_form(form, "")
    for formset in formsets:
        if isinstance(formset, RiskOfBiasRows):
            for row in formset.forms:
                found += _of_form(row, f"Risk of bias, {row.name}")
            continue
        section = str(capfirst(formset.title))
        found += [ListedError(section, sentence, f"{formset.prefix}-group") for sentence in formset.non_form_errors()]
        for number, row in enumerate(formset.forms, start=1):
            found += _of_form(row, f"{section}, row {number}")
    return found


def _of_form(form: Any, place: str) -> list[ListedError]:
    found = []
    for name, sentences in form.errors.items():
        is_whole_row = name == NON_FIELD_ERRORS or name not in form.fields
        label = "" if is_whole_row else str(capfirst(form[name].label or name))
        target = form.prefix or "" if is_whole_row else form[name].id_for_label or form[name].auto_id
        where = ", ".join(filter(None, (place, label)))
        found += [ListedError(where, sentence, target) for sentence in sentences]
    return found
