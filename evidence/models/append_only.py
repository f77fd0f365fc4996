"""Rows that are written once: what was frozen, computed or signed is never changed or deleted."""

from typing import Any, NoReturn

from django.db import models


class AppendOnly(TypeError):
    """Somebody tried to change or delete what is kept for ever."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(f"A {model._meta.verbose_name} is kept as it was made; it cannot be changed or deleted.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that can be made and read only."""

    def update(self, **fields: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(self.model)

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly(self.model)

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(self.model)


class AppendOnlyRow(models.Model):
    """A row that refuses every change after it was made."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **options: Any) -> None:
        """Insert the row; refuse to save it again."""
        if not self._state.adding:
            raise AppendOnly(type(self))
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(type(self))
