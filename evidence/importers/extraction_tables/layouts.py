"""How the sheets of an extraction workbook look for a review: made from its own form, for writing and for reading."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.db import models

from evidence import tools
from evidence.importers.extraction_tables.words import (
    Word,
    flag_words,
    instrument_words,
    tokens_of,
    told_apart,
)
from evidence.importers.tables import TABLES
from evidence.models import Assessment, CharacteristicField, Instrument, Review
from evidence.models.base import Sourced
from evidence.plausibility import plain

READ_ME, LISTS = "read me", "lists"
FIELD = "field:"
SOURCE = tuple(one.name for one in Sourced._meta.get_fields())
# Where a header says more than the name of the model's field.
HEADERS = {
    ("studies", "code"): "Study",
    ("arms", "number"): "Arm number",
    ("components", "type"): "Component",
    ("components", "minutes"): "Minutes per session",
    ("arm_results", "week"): "Week (since the start of treatment)",
    ("contrast_results", "week"): "Week (since the start of treatment)",
    ("arm_results", "percent"): "Percent with event (%)",
    ("arm_results", "ci_level"): "CI level (0.95 is 95%)",
    ("contrast_results", "ci_level"): "CI level (0.95 is 95%)",
    ("judgements", "outcome"): "Outcome (empty: all outcomes)",
    ("adverse_events", "arm"): "Arm number (empty: whole study)",
}
REFERENCES = {
    "study": ("Study", "The short name that the study has in the sheet studies."),
    "arm": ("Arm number", "The number that the arm has in the sheet arms: 1, 2, 3 ..."),
    "first_arm": ("First arm (number)", "Usually the experimental arm."),
    "second_arm": ("Second arm (number)", "Usually the comparator."),
    "comparator_type": ("Comparator type", "For comparators only, and for every comparator."),
    "companion_of": ("Companion of", "The study that this one is a further report of: the same participants."),
}
# References that stand beside a field of the row, not at its beginning.
AFTER = {"comparator_type": "role", "companion_of": "registration"}
# Columns that are no fields of a table's model: header and note.
BESIDE = {
    "number": (
        "Row of the same event",
        "1; and 2, 3 ... where the report has the same event of an arm in several rows.",
    ),
    "settled_value": ("Settled value", "What a contradiction in print is to be read as. Only with “printed so”."),
    "settled_ci_lower": ("Settled CI lower", "Lower limit of the interval of the settled value."),
    "settled_ci_upper": ("Settled CI upper", "Upper limit of the interval of the settled value."),
    "settled_reason": ("Reason of the settlement", "Why the numbers are settled this way."),
    "consensus": ("State of the consensus", "A study that the review does not have is complete unless it is a draft."),
}
INSTRUMENT_NOTE = "One row for each instrument and time. The range of each scale, and which end is better:"
WIDE, MIDDLE, NARROW = 42, 22, 13


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    `name` is the column of the table that it fills; `FIELD` and a code for a characteristic, "instrument" for outcome
    and instrument together. `kind` is one of {"text", "number", "whole", "flag", "word", "study", "arm", "instrument"};
    a column of words has them in `words`, which make its drop-down.
    """

    name: str
    header: str
    note: str = ""
    kind: str = "text"
    words: tuple[Word, ...] = ()
    is_needed: bool = False
    width: int = NARROW
    unit: str = ""

    @property
    def title(self) -> str:
        """The header as it is printed: what has to be filled carries a star."""
        return f"{self.header} *" if self.is_needed else self.header


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet: its name, the table that its rows belong to, its columns and what it is for, in a sentence."""

    sheet: str
    table: str
    help: str
    columns: tuple[Column, ...]
    names: dict[tuple[str, ...], Column] = field(default_factory=dict)

    def column_of(self, header: str) -> Column | None:
        """Give the column that a header names: by its words in any spelling, or by the name in a review folder."""
        return self.names.get(tokens_of(header))


def layouts_of(review: Review) -> tuple[Layout, ...]:
    """Give the sheets for a review, in the order in which a person fills them."""
    return tuple(Layout(*parts, columns, _names_of(columns)) for parts, columns in _all_parts(review))


def _all_parts(review: Review) -> Iterator[tuple[tuple[str, str, str], tuple[Column, ...]]]:
    comparators = told_apart((word.code, word.name) for word in review.comparatortype_set.all())
    components = told_apart((word.code, str(word)) for word in review.componenttype_set.all())
    instruments = Instrument.objects.filter(outcome__review=review).select_related("outcome")
    words = {
        "comparator_type": comparators,
        "type": components,
        "instrument": instrument_words(instruments),
        "outcome": told_apart((one.code, one.name) for one in review.outcomes.all()),
        "tool": told_apart((one.code, one.name) for one in [*tools.all_tools(), *_own_tools(review)]),
        **_judged(review),
    }
    notes = {"instrument": "\n".join([INSTRUMENT_NOTE, *map(_scale, instruments)])}
    for sheet, table, sentence in SHEETS:
        if table == "characteristics":
            columns = (_reference("characteristics", "study"), *_fields(review), *_source("characteristics"))
        else:
            columns = tuple(_columns(table, words, notes))
        yield (sheet, table, sentence), columns


def _own_tools(review: Review) -> Iterable[Any]:
    return {one.code: one for one in review.tools.all()}.values()


def _judged(review: Review) -> dict[str, tuple[Word, ...]]:
    """Give the domains and judgements of the tools that the review uses; of RoB 2 where it has used none yet."""
    query = Assessment.objects.filter(study__review=review, is_consensus=True)
    used = list(query.order_by("tool").values_list("tool", flat=True).distinct()) or ["rob2"]
    found = [tool for tool in tools.all_tools() if tool.code in used]
    domains: dict[str, set[str]] = {}
    levels: dict[str, set[str]] = {}
    for tool in found:
        for code in tool.domains:
            domains.setdefault(code, set()).add(tool.domain_name(code))
        for code in tool.levels:
            levels.setdefault(code, set()).add(tool.level_name(code))
    domains[tools.OVERALL] = {"Overall"}
    return {f"judgements.{name}": _of_names(words) for name, words in (("domain", domains), ("judgement", levels))}


def _of_names(words: Mapping[str, set[str]]) -> tuple[Word, ...]:
    """Give words whose label is their name, or their code where tools call them differently."""
    return told_apart((code, min(names) if len(names) == 1 else code) for code, names in words.items())


SHEETS = (
    ("studies", "studies", "One row for each study. Other sheets refer to a study by its short name."),
    ("reports", "reports", "One row for each document that tells of a study: article, registry entry, abstract."),
    ("arms", "arms", "One row for each group of a study, with its number: 1, 2, 3 ..."),
    ("components", "components", "One row for each thing that an arm received, with its dose."),
    (
        "characteristics",
        "characteristics",
        "One row for each study, one column for each question; page, table and quote hold for the whole row. A study "
        "whose answers stand in several places of its reports has a row for each place.",
    ),
    ("arm results", "arm_results", "One row for what a report prints of one arm, with one instrument, at one time."),
    ("contrasts", "contrast_results", "One row for what a report prints of two arms against each other."),
    ("adverse events", "adverse_events", "One row for each kind of adverse event, in one arm or in the whole study."),
    ("risk of bias", "judgements", "One row for each domain of an assessment, and one for the overall judgement."),
)


def _names_of(columns: Iterable[Column]) -> dict[tuple[str, ...], Column]:
    found: dict[tuple[str, ...], Column] = {}
    for column in columns:
        for name in (column.header, column.name.removeprefix(FIELD)):
            found.setdefault(tokens_of(name), column)
    return found


def _columns(table: str, words: dict[str, tuple[Word, ...]], notes: dict[str, str]) -> Iterator[Column]:
    """Give the columns of a table: what a row is known by, its numbers, and where they stand in the report."""
    references = [one.column for one in TABLES[table].references]
    if "instrument" in references:
        references.remove("outcome")
    for name in references:
        if name not in AFTER:
            yield _reference(table, name, words.get(name, ()), notes.get(name, ""))
    if "tool" in TABLES[table].extra:
        yield Column("tool", "Tool", "The risk-of-bias tool.", "word", words["tool"], width=MIDDLE)
    for one in _own_fields(TABLES[table].model):
        if one.name == SOURCE[0]:
            yield from _beside_fields(table)
        yield _of_field(table, one, words)
        for name in references:
            if AFTER.get(name) == one.name:
                yield _reference(table, name, words.get(name, ()))
    if table == "studies":
        yield from _beside_fields(table)


def _beside_fields(table: str) -> Iterator[Column]:
    """Give the columns that are no fields of the model: what is settled, and what tells equal rows apart."""
    for name, (header, note) in BESIDE.items():
        if name in TABLES[table].extra:
            kind = kind_of(TABLES[table].extra[name])
            words = told_apart((str(code), str(label)) for code, label in TABLES[table].extra[name].flatchoices)
            yield Column(name, header, note, kind, words, width=MIDDLE if kind in ("text", "word") else NARROW)


def _reference(table: str, name: str, words: tuple[Word, ...] = (), note: str = "") -> Column:
    header, usual = REFERENCES.get(name, (name.capitalize(), ""))
    kind = "study" if name in ("study", "companion_of") else "arm" if name.endswith("arm") else "word"
    optional = {one.column for one in TABLES[table].references if one.is_optional}
    if name == "instrument":
        header, kind = "Outcome and instrument", "instrument"
    width = WIDE if kind == "instrument" else MIDDLE if kind in ("study", "word") else NARROW
    return Column(
        name, HEADERS.get((table, name), header), note or usual, kind, words, name not in optional, width=width
    )


def _own_fields(model: type[models.Model]) -> list[Any]:
    """Give the fields that a person fills, those that say where a row stands in its report last."""
    found = [one for one in model._meta.concrete_fields if one.editable and not one.is_relation and not one.primary_key]
    return [one for one in found if one.name not in SOURCE] + [one for one in found if one.name in SOURCE]


def _of_field(table: str, one: Any, lists: Mapping[str, tuple[Word, ...]] = MappingProxyType({})) -> Column:
    name = str(one.verbose_name)
    header = HEADERS.get((table, one.name), name[:1].upper() + name[1:])
    needed = one.name in TABLES[table].needed_columns
    kind, words = "text", lists.get(f"{table}.{one.name}", ())
    if words:
        kind = "word"
    else:
        kind = kind_of(one)
        if kind == "flag":
            words = flag_words()
        elif kind == "word":
            words = told_apart((str(code), str(label)) for code, label in one.flatchoices)
    width = WIDE if one.name in ("quote", "note", "citation") else MIDDLE if kind in ("text", "word") else NARROW
    return Column(one.name, header, str(one.help_text), kind, words, needed, width)


def kind_of(field: Any) -> str:
    """Give what the cells of a column hold, by the field that types them."""
    if field.choices:
        return "word"
    kinds = ((models.BooleanField, "flag"), (models.DecimalField, "number"), (models.IntegerField, "whole"))
    return next((kind for model, kind in kinds if isinstance(field, model)), "text")


def _source(table: str) -> Iterator[Column]:
    for one in _own_fields(TABLES[table].model):
        if one.name in SOURCE:
            yield _of_field(table, one)


def _fields(review: Review) -> Iterator[Column]:
    """Give the columns of the questions that the review asks of every study, with the unit in the header."""
    asked = [one for one in review.characteristic_fields.all() if not one.is_retired]
    headers = {word.code: word.label for word in told_apart((one.code, str(one)) for one in asked)}
    for one in asked:
        choices = told_apart((choice, choice) for choice in one.choice_list)
        words = {"choice": choices, "flag": flag_words()}.get(one.kind, ())
        kind = {"choice": "word", "flag": "flag", "number": "number"}.get(one.kind, "text")
        header = headers[one.code]
        yield Column(FIELD + one.code, header, _asked(one), kind, words, width=_room(header), unit=one.unit)


def _room(header: str) -> int:
    return min(max(len(header) + 2, NARROW), WIDE)


def _asked(one: CharacteristicField) -> str:
    """Give what a reviewer should enter, and within which limits."""
    limits = []
    if one.minimum is not None:
        limits.append(f"at least {plain(one.minimum)}")
    if one.maximum is not None:
        limits.append(f"at most {plain(one.maximum)}")
    sentence = f"A number, {' and '.join(limits)}." if limits else ""
    return "\n".join(filter(None, (one.help, sentence)))


def _scale(one: Instrument) -> str:
    """Give the range of an instrument and which end of it is better."""
    if one.kind == Instrument.Kind.DICHOTOMOUS:
        return f"{one.outcome.name}: {one.name}: events of a total; {one.get_direction_display().lower()}"
    known = one.scale_min is not None and one.scale_max is not None
    span = f"{plain(one.scale_min)} to {plain(one.scale_max)}" if known else "range not stated"
    return f"{one.outcome.name}: {one.name}: {span}; {one.get_direction_display().lower()}"
