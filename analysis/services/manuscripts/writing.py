"""Writing manuscripts: saving, ordering and removing their blocks, with every bound number checked."""

import re
from difflib import get_close_matches

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from analysis.models import Block, Manuscript
from analysis.models.manuscript import in_order
from analysis.reading import figures
from analysis.services.manuscripts.bindings import BINDING, BadBinding, Numbers
from analysis.services.manuscripts.checklist import unknown_items
from evidence.models import Study
from evidence.permissions import Act, require
from evidence.services.recording import erase, keep

CITATION = re.compile(r"\[@([^\]\n]+)\]")
OPEN_BRACES = "“{{{{” begins a bound number, and “}}}}” ends one: {text} has one without the other."
NO_STUDY = "“[@{code}]”: the review has no study with this short name.{near}"
NO_FIGURE = "Snapshot {number} of “{analysis}” has no figure {shows}; it has {known}."
NO_FIGURES = "Snapshot {number} of “{analysis}” has no figure {shows}, and no other."


@transaction.atomic
def save_manuscript(*, by: User, manuscript: Manuscript, reason: str = "") -> Manuscript:
    """Save a manuscript: its title, who wrote it, its abstract and the style of its references.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a field breaks a rule, or the abstract holds a bound number that does not exist
    """
    require(by, Act.ANALYSE, manuscript.review)
    if manuscript.pk is None:
        manuscript.created_by = by
    manuscript.updated_by = by
    manuscript.abstract = manuscript.abstract.strip()
    _check_text("abstract", manuscript.abstract, Numbers(manuscript.review))
    return keep(by=by, row=manuscript, reason=reason)


@transaction.atomic
def save_block(*, by: User, block: Block, reason: str = "", numbers: Numbers | None = None) -> Block:
    """Save a block; a new one goes to the end of its manuscript.

    Parameters
    ----------
    numbers : the numbers of the review, where many blocks are saved at once

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a field breaks a rule, or the text holds a bound number that does not exist
    """
    require(by, Act.ANALYSE, block.manuscript.review)
    numbers = numbers or Numbers(block.manuscript.review)
    block.text = block.text.strip()
    if block.pk is None:
        last = Block.objects.filter(manuscript=block.manuscript).aggregate(last=Max("position"))["last"]
        block.position = (last or 0) + 1
    block.full_clean()
    _check_text("text", block.text, numbers)
    _check_text("title", block.title, numbers)
    _check_figure(block, numbers)
    unknown = unknown_items(block)
    if unknown:
        raise ValidationError(unknown)
    keep(by=by, row=block, reason=reason)
    _touch(by, block.manuscript)
    return block


@transaction.atomic
def move_block(*, by: User, block: Block, up: bool) -> Block:
    """Move a block before the one above it, or behind the one below it; the first and the last stay where they are.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    require(by, Act.ANALYSE, block.manuscript.review)
    rows = list(in_order(block.manuscript))
    place = next(number for number, row in enumerate(rows) if row.pk == block.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return block
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, start=1):
        if row.position != position:
            row.position = position
            keep(by=by, row=row, reason="Moved")
    _touch(by, block.manuscript)
    return block


@transaction.atomic
def remove_block(*, by: User, block: Block, reason: str = "") -> None:
    """Remove a block; what it said stays in its history.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    require(by, Act.ANALYSE, block.manuscript.review)
    manuscript = block.manuscript
    erase(by=by, row=block, reason=reason)
    _touch(by, manuscript)


@transaction.atomic
def remove_manuscript(*, by: User, manuscript: Manuscript, reason: str = "") -> None:
    """Remove a manuscript with its blocks; what they said stays in their history.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    require(by, Act.ANALYSE, manuscript.review)
    erase(by=by, row=manuscript, reason=reason)


def _touch(by: User, manuscript: Manuscript) -> None:
    """Note who changed the manuscript last, and when: files say so."""
    manuscript.updated_by = by
    keep(by=by, row=manuscript)


def _check_text(field: str, text: str, numbers: Numbers) -> None:
    """Refuse bound numbers and studies that do not exist, a sentence for each."""
    wrong = []
    for found in BINDING.finditer(text):
        try:
            numbers.resolve(found[1])
        except BadBinding as error:
            wrong.append(str(error))
    rest = BINDING.sub("", text)
    if "{{" in rest or "}}" in rest:
        wrong.append(OPEN_BRACES.format(text="the text"))
    wrong += _unknown_studies(text, numbers)
    if wrong:
        raise ValidationError({field: wrong})


def _unknown_studies(text: str, numbers: Numbers) -> list[str]:
    """Give a sentence for each study that is cited and is not in the review."""
    cited = [code for found in CITATION.finditer(text) for code in codes_of(found[1])]
    if not cited:
        return []
    known = set(Study.objects.filter(review=numbers.review).values_list("code", flat=True))
    wrong = []
    for code in cited:
        if code not in known:
            near = get_close_matches(code, sorted(known), n=3)
            said = f" Near: {', '.join(near)}." if near else ""
            wrong.append(NO_STUDY.format(code=code, near=said))
    return wrong


def codes_of(cited: str) -> list[str]:
    """Give the studies that one citation names: `Aasa_2015; @Berg_2016`."""
    return [part.strip().removeprefix("@").strip() for part in cited.split(";") if part.strip()]


def _check_figure(block: Block, numbers: Numbers) -> None:
    """Refuse a figure that its snapshot does not have; where there is no snapshot yet, any is possible."""
    if block.kind != Block.Kind.FIGURE or block.analysis is None or block.figure_place is None:
        return
    snapshot = block.snapshot or numbers.newest.get(block.analysis.pk)
    if snapshot is None:
        return
    results = numbers.reading(snapshot).results
    plugin, number = block.figure_place
    specified = results.get(plugin, {}).get("figures", ())
    if number > len(specified):
        known = [f"{name}.{n}" for name, row in results.items() for n, _ in enumerate(figures(row), start=1)]
        words = {"number": snapshot.number, "analysis": block.analysis, "shows": block.shows}
        sentence = NO_FIGURE.format(known=", ".join(known), **words) if known else NO_FIGURES.format(**words)
        raise ValidationError({"shows": sentence})
