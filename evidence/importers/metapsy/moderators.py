"""What a database says of its trials: every other column is a characteristic, of the kind that its cells fit."""

from collections import defaultdict
from dataclasses import dataclass

from evidence.importers.metapsy import columns
from evidence.importers.metapsy.comparisons import NUMBER
from evidence.importers.metapsy.source import Source
from evidence.importers.metapsy.trials import Trial
from evidence.importers.naming import slug
from evidence.importers.sheets import is_missing
from evidence.models import CharacteristicField

YES, NO = frozenset({"y", "yes", "true"}), frozenset({"n", "no", "false"})
# A column of numbers has this share of cells that are numbers; the others are refused, not guessed.
MOSTLY_NUMBERS = 0.9
# A list has at most so many choices, each so long; longer texts are free.
MOST_CHOICES, LONGEST_CHOICE = 20, 60
LONGEST_TEXT = 300
# A column that differs within more than this share of the trials with several rows is about rows, not about trials.
OF_ROWS = 0.25
ABOUT_ROWS = "Columns that say something of single rows, not of trials, were left out: {}."
DIFFERS = "{column}: {count} trial{s} with different cells in {its} rows, so that none was taken ({trials})."
TOO_LONG = "The text has {} characters; a characteristic holds {}."
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Value:
    """What a trial's rows agree on in a column."""

    trial: Trial
    line: int
    text: str


def add_moderators(source: Source, trials: list[Trial], taken: set[str]) -> None:
    """Add the characteristics of all trials; `taken` are columns that were read otherwise."""
    about_rows = []
    position = max((one.position for one in source.known.fields.values()), default=0)
    for name in source.database.names:
        if name in columns.NUMBERS | columns.OF_THE_ROW | taken or name.startswith("."):
            continue
        values, differing = _values(name, trials)
        several = sum(len({row.line for row in trial.rows}) > 1 for trial in trials)
        if several and len(differing) > OF_ROWS * several:
            about_rows.append(source.column(name))
            continue
        if differing:
            source.building.note(_differing(source.column(name), differing))
        if values:
            position += 1
            _add_column(source, name, values, position)
    if about_rows:
        source.building.note(ABOUT_ROWS.format(", ".join(about_rows)))


def _values(name: str, trials: list[Trial]) -> tuple[list[Value], list[Trial]]:
    """Give the trials' values of a column, and the trials whose rows differ in it."""
    values, differing = [], []
    for trial in trials:
        given = {row.get(name): row.line for row in reversed(trial.rows) if row.get(name)}
        if len(given) > 1:
            differing.append(trial)
        values += [Value(trial, line, text) for text, line in given.items() if len(given) == 1]
    return values, differing


def _differing(column: str, trials: list[Trial]) -> str:
    named = ", ".join(trial.label for trial in trials[:SHOWN]) + (" …" if len(trials) > SHOWN else "")
    plural = len(trials) > 1
    words = {"s": "s" if plural else "", "its": "their" if plural else "its"}
    return DIFFERS.format(column=column, count=len(trials), trials=named, **words)


def _add_column(source: Source, name: str, values: list[Value], position: int) -> None:
    code = slug(name)
    stored = source.known.fields.get(code)
    kind = stored.kind if stored else _kind(source, values)
    texts = list(dict.fromkeys(value.text for value in sorted(values, key=lambda one: one.text)))
    cells = {"code": code, "name": stored.name if stored else source.column(name)[:120], "kind": kind}
    if kind == "choice":
        before = stored.choice_list if stored else []
        cells["choices"] = "\n".join([*before, *(text for text in texts if text not in before)])
    if stored is None:
        cells["position"] = str(position)
    source.building.row("characteristic_fields", values[0].line, cells)
    for value in values:
        _add_value(source, name, code, kind, value)


def _add_value(source: Source, name: str, code: str, kind: str, value: Value) -> None:
    row = next(row for row in value.trial.rows if row.line == value.line)
    text: str | None = value.text
    if kind == CharacteristicField.Kind.NUMBER:
        text = source.number(row, name)
    elif kind == CharacteristicField.Kind.FLAG:
        text = "true" if value.text.casefold() in YES else "false" if value.text.casefold() in NO else value.text
    elif len(value.text) > LONGEST_TEXT:
        rule = TOO_LONG.format(len(value.text), LONGEST_TEXT)
        source.building.refuse(value.line, source.column(name), rule)
        return
    if text:
        cells = {"study": value.trial.code, "field": code, "value": text}
        source.building.row("characteristics", value.line, cells, {"value": source.column(name)})


def _kind(source: Source, values: list[Value]) -> str:
    """Give the kind of characteristic that fits the cells of a column."""
    texts = {value.text for value in values if not is_missing(value.text)}
    marks = {"," if source.database.decimal == "," else "."}
    numbers = sum(bool(NUMBER.fullmatch(_pointed(value.text, marks))) for value in values if value.text in texts)
    if texts and numbers >= MOSTLY_NUMBERS * sum(value.text in texts for value in values):
        return "number"
    all_texts = {value.text for value in values}
    if {text.casefold() for text in all_texts} <= YES | NO:
        return "flag"
    counts: dict[str, int] = defaultdict(int)
    for value in values:
        counts[value.text] += 1
    repeats = len(counts) < len(values)
    fits = len(all_texts) <= MOST_CHOICES and all(len(text) <= LONGEST_CHOICE for text in all_texts)
    return "choice" if fits and repeats else "text"


def _pointed(text: str, marks: set[str]) -> str:
    return text.replace(",", ".") if "," in marks else text
