"""Saving and removing the rows of a page through the services, each refusal tied to the row it is about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError, RestrictedError
from django.utils.text import get_text_list

from evidence.admin.sentences import RowRefused
from evidence.admin.standing import holder_of
from evidence.services import record, remove


@contextmanager
def tied_to(prefix: str | None, by: Any = None) -> Iterator[None]:
    """Raise what a service refuses as the refusal of the row with this prefix; `by` is who may read their own rows."""
    try:
        yield
    except ProtectedError as error:
        raise RowRefused(_still_used(error.protected_objects, by), prefix) from error
    except RestrictedError as error:
        raise RowRefused(_still_used(error.restricted_objects, by), prefix) from error
    except RowRefused:
        raise
    except ValidationError as error:
        raise RowRefused(error, prefix) from error


def _still_used(rows: Any, by: Any) -> str:
    """Name the rows that are in the way; of other readers' extractions only say that there are some."""
    open_rows = [row for row in rows if _is_open(row, by)]
    named = sorted(f"{row._meta.verbose_name} “{row}”" for row in open_rows)
    shown = [*named[:3], f"{len(named) - 3} more"] if len(named) > 3 else named
    if len(open_rows) < len(rows):
        shown = [*shown, "the extractions of single readers"]
    return f"This cannot be deleted: it is still used by {get_text_list(shown, 'and')}."


def _is_open(row: Any, by: Any) -> bool:
    holder = holder_of(row)
    return holder is None or holder.is_consensus or (by is not None and holder.reviewer_id == by.pk)


def remove_rows(formset: Any, *, by: Any) -> None:
    """Remove the rows that are ticked for deletion."""
    formset.deleted_objects = []
    for form in formset.deleted_forms:
        if form.instance.pk is None:
            continue
        row = formset.model.objects.get(pk=form.instance.pk)
        formset.deleted_objects.append(form.instance)
        with tied_to(form.prefix, by):
            remove(by=by, row=row)


def put_rows(formset: Any, *, by: Any, attach: Callable[[Any], None]) -> None:
    """Save the rows that are new or changed; `attach` ties a row to its parents, which are saved by now."""
    formset.new_objects, formset.changed_objects = [], []
    for form in formset.forms:
        if form in formset.deleted_forms or not form.has_changed():
            continue
        is_new = form.instance.pk is None
        attach(form.instance)
        with tied_to(form.prefix, by):
            record(by=by, row=form.instance)
        if is_new:
            formset.new_objects.append(form.instance)
        else:
            formset.changed_objects.append((form.instance, form.changed_data))
