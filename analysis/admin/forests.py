"""The forest plot on the page of a snapshot: what stands beside its rows is chosen in the address."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from analysis.admin.downloads import FIGURES
from analysis.forests import Choice, choices_of, forest_of
from analysis.reading import Reading

# The form says by this name that it was sent, as a form without a tick sends nothing else.
SENT, COLUMN = "forest", "column"
UNPOOLED = "#not-pooled"
# A wider drawing is not made smaller to fit the page, but moved sideways.
WIDE = 1500.0


class Shown(NamedTuple):
    """The drawing, the choices with what is ticked, and the files with the same columns."""

    svg: SafeString
    choices: list[tuple[Choice, bool]]
    is_chosen: bool
    is_wide: bool
    files: list[tuple[str, str]]


def asked_columns(asked: QueryDict) -> list[str] | None:
    """Give the columns that an address asks for, None where it leaves them to the analysis."""
    return asked.getlist(COLUMN) if SENT in asked or COLUMN in asked else None


def shown_forest(request: HttpRequest, reading: Reading) -> Shown | None:
    """Give the forest plot of a snapshot with the columns that the address asks for, None where it has none."""
    asked = asked_columns(request.GET)
    forest = forest_of(reading, asked, addresses=addresses_of(reading))
    if forest is None:
        return None
    query = urlencode([(SENT, "1"), *((COLUMN, name) for name in forest.columns)])
    pages = {name: reverse("admin:analysis_snapshot_file", args=[reading.snapshot.pk, name]) for name in FIGURES}
    return Shown(
        svg=mark_safe(forest.svg),  # the renderer escapes every text that it is given  # noqa: S308
        choices=[(choice, choice.name in forest.columns) for choice in choices_of(reading)],
        is_chosen=asked is not None,
        is_wide=forest.width > WIDE,
        files=[(name, f"{page}?{query}") for name, page in pages.items()],
    )


def addresses_of(reading: Reading) -> dict[str, Any]:
    """Give where on the page more is told of each row: its lineage, or why it is not pooled."""
    effects = enumerate(reading.dataset["effects"], start=1)
    unpooled = {row["study"]: UNPOOLED for row in reading.dataset["not_pooled"]}
    return unpooled | {effect["id"]: f"#effect-{place}" for place, effect in effects}
