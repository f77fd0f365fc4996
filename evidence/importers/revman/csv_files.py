"""Reading the CSV files of RevMan: analysis data as RevMan 5 exports them, and the data package of RevMan Web."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from evidence.importers.naming import folded
from evidence.importers.opening import ZIP, Unreadable, decode, open_zip, read_file, read_member
from evidence.importers.problems import CellProblem
from evidence.importers.revman.content import Analysis, Content, Entry, Kind, SourceStudy
from evidence.importers.sheets import Line, Sheet, plain_number, read_table, text_table

FIVE = ("Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type")
WEB = ("Analysis group", "Analysis number", "Study")
# What the values of a study are called: in the two kinds of CSV and in the rest of this package.
FROM_FIVE = {
    **{f"{name} {group}": f"{name.upper()}_{group}" for name in ("Events", "Mean", "SD", "Total") for group in (1, 2)},
    "Effect Estimate": "EFFECT_SIZE",
    "SE": "SE",
    "CI Start": "CI_START",
    "CI End": "CI_END",
    "O-E": "O_E",
    "Variance": "VAR",
}
FROM_WEB = {
    **{f"Experimental {name}": f"{full}_1" for name, full in (("mean", "MEAN"), ("SD", "SD"), ("N", "TOTAL"))},
    **{f"Control {name}": f"{full}_2" for name, full in (("mean", "MEAN"), ("SD", "SD"), ("N", "TOTAL"))},
    "Experimental cases": "EVENTS_1",
    "Control cases": "EVENTS_2",
    "GIV Mean": "ESTIMATE",
    "GIV SE": "SE",
    "Mean": "EFFECT_SIZE",
    "CI start": "CI_START",
    "CI end": "CI_END",
    "O-E": "O_E",
    "Variance": "VAR",
}
KINDS = (
    (re.compile("dic|^d$"), Kind.EVENTS),
    (re.compile("con(?!trast)|^c$"), Kind.SCORES),
    (re.compile("ipd|o-e|^p$"), Kind.O_MINUS_E),
    (re.compile("iv|inverse|contrast|^i$"), Kind.EFFECTS),
)
NOT_NUMBERS = "Analysis {} “{}” holds text, not numbers; it is not read."
# A comma before three digits may be a mark of thousands.
DECIMAL_COMMA = re.compile(r"[-−]?[0-9]+,(?![0-9]{3}$)[0-9]+")


def read_csv(path: Path) -> Content:
    """Give what a CSV file of RevMan holds, or a data package of RevMan Web (a zip archive).

    Raises
    ------
    Unreadable : it is neither
    """
    content = read_file(path)
    if content.startswith(ZIP):
        package = _package(content)
        if package is not None:
            return read_web(*package)
    sheet = read_table(path)
    if set(FIVE) <= set(sheet.columns):
        return read_five(sheet)
    if set(WEB) <= set(sheet.columns):
        return read_web(sheet, None)
    begin = "The file is no CSV of RevMan: "
    raise Unreadable(
        f"{begin}RevMan 5 has the columns {', '.join(FIVE)}; RevMan Web's data rows have {', '.join(WEB)}.", 1
    )


def _package(content: bytes) -> tuple[Sheet, Sheet | None] | None:
    """Give the tables of data rows and of settings in a data package, None where it is none."""
    archive = open_zip(content)
    found: dict[str, Sheet] = {}
    for ending in ("data-rows.csv", "overall-estimates-and-settings.csv"):
        name = next((one for one in sorted(archive.namelist()) if one.casefold().endswith(ending)), "")
        if name:
            found[ending] = text_table(decode(read_member(archive, name)).text)
    if "data-rows.csv" not in found:
        return None
    return found["data-rows.csv"], found.get("overall-estimates-and-settings.csv")


def read_five(sheet: Sheet) -> Content:
    """Give what RevMan 5 exports: the first row of each comparison, outcome and subgroup says what it is."""
    found = Content(faults=list(sheet.faults))
    seen: set[tuple[str, str, str]] = set()
    comparisons: dict[str, str] = {}
    analyses: dict[str, Analysis | None] = {}
    groups: dict[tuple[str, str, str], str] = {}
    for line, values in _numbered(sheet, FROM_FIVE):
        place = (line.get(FIVE[0]), line.get(FIVE[1]), line.get(FIVE[2]))
        number, is_first = f"{place[0]}.{place[1]}", place not in seen
        seen.add(place)
        name = _name(line.get("Name"))
        if place[1] in ("", "0"):
            comparisons[place[0]] = name
        elif is_first and place[2] in ("", "0"):
            analyses[number] = _analysis_of_five(line, number, comparisons.get(place[0], ""), found)
        elif is_first:
            groups[place] = name
        elif (analysis := analyses.get(number)) is not None:
            group = groups.get(place, "")
            key = _study(found, line, name, line.get("Year of study"))
            analysis.entries.append(Entry(line.number, key, values, group, place[2] if group else ""))
    found.analyses = [one for one in analyses.values() if one is not None]
    return found


def _analysis_of_five(line: Line, number: str, comparison: str, found: Content) -> Analysis | None:
    name = _name(line.get("Name"))
    kind = kind_of(line.get("Data Type"))
    if kind is None:
        found.notes.append(NOT_NUMBERS.format(number, name))
        return None
    return Analysis(
        *(line.number, number, comparison, name, kind),
        measure=line.get("Effect Measure"),
        first=_name(line.get("Group Label 1")),
        second=_name(line.get("Group Label 2")),
        favours=(line.get("Left Graph Label"), line.get("Right Graph Label")),
        level=line.get("Study Confidence Interval").rstrip("% "),
    )


def kind_of(text: str) -> Kind | None:
    """Give what a data type is, None where it has no numbers."""
    plain = text.strip().casefold()
    return next((kind for pattern, kind in KINDS if pattern.search(plain)), None)


def read_web(sheet: Sheet, settings: Sheet | None) -> Content:
    """Give what RevMan Web exports as data rows; `settings` say what the analyses are, where they are at hand."""
    found = Content(faults=list(sheet.faults))
    said = {} if settings is None else {_place(line): line for line in settings.lines}
    analyses: dict[str, Analysis] = {}
    for line, values in _numbered(sheet, FROM_WEB):
        number = _place(line)
        if number not in analyses:
            analyses[number] = _analysis_of_web(line, number, said.get(number))
        key = _study(found, line, _name(line.get("Study")), line.get("Study year"))
        entry = Entry(line.number, key, values, _name(line.get("Subgroup")), "", line.get("Footnotes"))
        analyses[number].entries.append(entry)
    found.analyses = [_with_kind(one) for one in analyses.values()]
    if settings is None:
        found.notes.append(
            "The data rows do not say what groups and comparisons are called, nor which effect measure is used; the "
            "data package of RevMan Web (a zip archive) does, and can be read as it is."
        )
    return found


def _place(line: Line) -> str:
    return f"{line.get('Analysis group')}.{line.get('Analysis number')}"


def _analysis_of_web(line: Line, number: str, said: Line | None) -> Analysis:
    name = _name(line.get("Analysis name"))
    if said is None:
        return Analysis(line.number, number, f"Comparison {line.get('Analysis group')}", name, Kind.EVENTS)
    return Analysis(
        *(line.number, number, _name(said.get("Analysis group name")), name or _name(said.get("Analysis name"))),
        kind=kind_of(said.get("Data type")) or Kind.EVENTS,
        measure=said.get("Effect measure"),
        first=_name(said.get("Experimental group label")),
        second=_name(said.get("Control group label")),
        favours=(said.get("Graph label (left)"), said.get("Graph label (right)")),
        unit=said.get("Unit of effect measure"),
        level=(said.get("Study CI") or said.get("CI/PI level")).rstrip("% "),
        is_log={"true": True, "yes": True, "false": False, "no": False}.get(said.get("Log-scale data").casefold()),
        is_swapped=said.get("Swap event and non-event").casefold() in ("true", "yes"),
    )


def _with_kind(analysis: Analysis) -> Analysis:
    """Give an analysis with the kind that its rows have: the columns that are filled in say it."""
    filled = {name for entry in analysis.entries for name, value in entry.values.items() if value}
    if "O_E" in filled:
        return replace(analysis, kind=Kind.O_MINUS_E)
    if "ESTIMATE" in filled:
        return replace(analysis, kind=Kind.EFFECTS)
    if "MEAN_1" in filled:
        return replace(analysis, kind=Kind.SCORES)
    return replace(analysis, kind=Kind.EVENTS)


def _study(found: Content, line: Line, name: str, year: str) -> str:
    """Give the key of a study of the table; it is added where it is new."""
    key = folded(name)
    if key not in found.studies:
        found.studies[key] = SourceStudy(line.number, name, year if re.fullmatch("(1[89]|20)[0-9]{2}", year) else "")
    return key


def _numbered(sheet: Sheet, names: Mapping[str, str]) -> Iterator[tuple[Line, dict[str, str]]]:
    """Give the rows with their numbers by RevMan's names, with decimal points."""
    cells = [line.get(column) for line in sheet.lines for column in names]
    has_points = any("." in cell for cell in cells)
    decimal = "," if not has_points and any(map(DECIMAL_COMMA.fullmatch, cells)) else "."
    for line in sheet.lines:
        values = {own: line.get(column) for column, own in names.items() if line.get(column)}
        yield line, {own: plain(value, decimal) for own, value in values.items()}


def plain(text: str, decimal: str = ".") -> str:
    """Give a number with a decimal point; what is none stays as it is, to be refused with its row."""
    try:
        return plain_number(text, decimal=decimal)
    except CellProblem:
        return text


def _name(text: str) -> str:
    """Give a name without the apostrophe that keeps a spreadsheet from taking it for a command."""
    bare = text[1:] if re.match(r"'[\s]*[=+\-@]", text) else text
    return " ".join(bare.split())
