"""Holding a row while it is changed, so that of two people one is told of the other."""

from typing import Any

from evidence.models import Study


def hold(model: Any, pk: int) -> None:
    """Let one person at a time save a row; a row of a study is saved with its study held."""
    path = model.review_path.removesuffix("__review")
    if path.endswith("study"):
        pk = model.objects.filter(pk=pk).values_list(path, flat=True).first()
        model = Study
    list(model.objects.select_for_update().order_by().filter(pk=pk).values_list("pk"))
