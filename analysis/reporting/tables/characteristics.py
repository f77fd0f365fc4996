"""Characteristics of the studies (Table 1), from the frozen evidence, with the columns that were chosen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.reporting.document import Align
from analysis.reporting.tables.body import NOTHING, Body, head_of, row_of
from evidence.models import Study

Row = Mapping[str, Any]

# Of the review's own questions as many as a page on its side has room for, where nobody chose.
MOST_QUESTIONS, MOST_COLUMNS = 4, 10
MARKS = {"experimental": "I", "comparator": "C", "unassigned": "?"}
NO_STUDIES = "The frozen evidence holds no study."
UNKNOWN_COLUMNS = "Not shown, because studies have no such column: {unknown}. There are {known}."
NOT_REPORTED = f"{NOTHING}: not reported or not extracted."
ARMS = "I: intervention arm; C: comparator arm; ?: arm whose role is not told; in brackets the number randomised."
COMPANIONS = "Studies with * report on the participants of another study of the table."


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, how it is aligned, and what it tells of a study."""

    title: str
    read: Callable[[Row], str]
    align: Align = "left"
    note: str = ""


def characteristics(content: Row, chosen: str) -> Body:
    """Give the table.

    Parameters
    ----------
    content : the frozen evidence
    chosen : the columns, one per line as `code` or `code: Title`; the usual ones where it is empty
    """
    known = dict(_columns(content))
    names, unknown = _choose(chosen, known, content)
    columns = [known["study"], *(known[name] if not title else _renamed(known[name], title) for name, title in names)]
    studies = sorted(content["studies"].values(), key=lambda study: (study["label"].casefold(), study["label"]))
    if not studies:
        return Body(missing=(NO_STUDIES,))
    aligns = [column.align for column in columns]
    rows = tuple(row_of([column.read(study) for column in columns], aligns) for study in studies)
    notes = [column.note for column in columns if column.note]
    notes += [NOT_REPORTED] if any(cell.text == NOTHING for row in rows for cell in row) else []
    notes += [COMPANIONS] if any(study["companion_of"] for study in studies) else []
    if unknown:
        listed = ", ".join(name for name in known if name != "study")
        notes.append(UNKNOWN_COLUMNS.format(unknown=", ".join(unknown), known=listed))
    return Body(
        head=head_of([column.title for column in columns], aligns),
        rows=rows,
        notes=tuple(dict.fromkeys(notes)),
        is_wide=len(columns) > 6,
    )


def column_names(content: Row) -> list[tuple[str, str]]:
    """Give the columns that can be chosen, with their titles."""
    return [(name, column.title) for name, column in _columns(content) if name != "study"]


def _choose(chosen: str, known: Mapping[str, Column], content: Row) -> tuple[list[tuple[str, str]], list[str]]:
    """Give the chosen columns with titles of their own, and those that do not exist."""
    names, unknown = [], []
    for line in filter(str.strip, chosen.splitlines()):
        name, _, title = (part.strip() for part in line.partition(":"))
        if name in known and name != "study":
            names.append((name, title))
        elif name != "study":
            unknown.append(name)
    return names or [(name, "") for name in _usual(known, content)], unknown


def _usual(known: Mapping[str, Column], content: Row) -> list[str]:
    """Give the columns that are shown where nobody chose: those that any study has something in."""
    studies = content["studies"].values()
    used = [name for name, column in known.items() if any(column.read(study) for study in studies)]
    questions = [name for name in used if name in content["characteristics"]][:MOST_QUESTIONS]
    left_out = {"study", "year", "registration", "participants"} | {
        name for name in used if name in content["characteristics"] and name not in questions
    }
    return [name for name in used if name not in left_out][:MOST_COLUMNS]


def _renamed(column: Column, title: str) -> Column:
    return Column(title, column.read, column.align, column.note)


def _columns(content: Row) -> Iterator[tuple[str, Column]]:
    """Give every column by name."""
    yield "study", Column("Study", _label)
    yield "year", Column("Year", lambda study: str(study["year"] or ""), "right")
    yield "design", Column("Design", _design)
    yield "registration", Column("Registration", lambda study: study["registration"])
    yield "participants", Column("n", _participants, "right", "n: number randomised.")
    yield "arms", Column("Arms (n)", _arms, note=ARMS)
    families = dict.fromkeys(word["family"] for word in content["component_types"].values())
    for family in families:
        title = family.replace("_", " ").capitalize()
        yield family, Column(title, _family_reader(content, family))
    yield "comparators", Column("Comparators", _comparator_reader(content))
    for name, title, field in (("weeks", "Weeks", "weeks"), ("sessions", "Sessions per week", "sessions_per_week")):
        yield name, Column(title, _dose_reader(field), "right")
    yield "minutes", Column("Minutes per session", _dose_reader("minutes"), "right")
    yield "risk_of_bias", Column("Overall risk of bias", _overall)
    for code, question in content["characteristics"].items():
        unit = f" ({question['unit']})" if question["unit"] else ""
        is_number = question["kind"] == "number"
        align: Align = "right" if is_number else "left"
        yield code, Column(f"{question['name']}{unit}", _answer_reader(code), align)


def _label(study: Row) -> str:
    return f"{study['label']}{'*' if study['companion_of'] else ''}"


def _design(study: Row) -> str:
    return str(Study.Design(study["design"]).label)


def _extracted_arms(study: Row) -> list[Row]:
    return study["extraction"]["arms"] if study["extraction"] else []


def _participants(study: Row) -> str:
    sizes = [arm["n_randomised"] for arm in _extracted_arms(study)]
    return str(sum(sizes)) if sizes and None not in sizes else ""


def _arms(study: Row) -> str:
    said = []
    for arm in _extracted_arms(study):
        size = f" ({arm['n_randomised']})" if arm["n_randomised"] is not None else ""
        said.append(f"{MARKS[arm['role']]}: {arm['label']}{size}")
    return "; ".join(said)


def _experimental(study: Row) -> list[Row]:
    return [arm for arm in _extracted_arms(study) if arm["role"] == "experimental"]


def _family_reader(content: Row, family: str) -> Callable[[Row], str]:
    words = content["component_types"]

    def read(study: Row) -> str:
        codes = {part["type"] for arm in _experimental(study) for part in arm["components"]}
        return ", ".join(sorted(words[code]["name"] for code in codes if words[code]["family"] == family))

    return read


def _comparator_reader(content: Row) -> Callable[[Row], str]:
    def read(study: Row) -> str:
        codes = {arm["comparator_type"] for arm in _extracted_arms(study) if arm["comparator_type"]}
        return ", ".join(sorted(content["comparator_types"][code] for code in codes))

    return read


def _dose_reader(field: str) -> Callable[[Row], str]:
    def read(study: Row) -> str:
        found = {part[field] for arm in _experimental(study) for part in arm["components"] if part[field] is not None}
        return ", ".join(sorted(found, key=float))

    return read


def _overall(study: Row) -> str:
    rated = [row for row in study["assessments"] if "overall" in row["judgements"]]
    rated.sort(key=lambda row: row["outcome"] is not None)
    return rated[0]["judgements"]["overall"]["judgement"].replace("_", " ") if rated else ""


def _answer_reader(code: str) -> Callable[[Row], str]:
    def read(study: Row) -> str:
        answers = study["extraction"]["characteristics"] if study["extraction"] else {}
        value = answers.get(code, {}).get("value")
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(value)

    return read
