"""Loading a table for robvis: one row a study, one column a domain of a risk-of-bias tool."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from evidence.importers.asking import Request
from evidence.importers.building import Building
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.naming import Names
from evidence.importers.opening import Unreadable
from evidence.importers.problems import nearest
from evidence.importers.robvis.layouts import NOTHING, Layout, bare, layouts_of, level_of, tool_named, words_fit
from evidence.importers.sheets import Line, Sheet, read_table
from evidence.models import Study
from evidence.tools import OVERALL, UnknownTool, all_tools

NO_TOOL = "The columns are those of no tool that Quorum has; it has {tools}. Domains are columns D1, D2 and so on."
SEVERAL = "The table may be of {tools}; answer with the tool."
NOT_ITS = "The columns are not those of {tool}, which has {count} domains; the file has {columns}."
NO_STUDY = "The review has no study “{name}”{nearest}"
TWO_STUDIES = "“{name}” may be {studies}."
NO_LEVEL = "“{text}” is no judgement of {tool}; it has {levels}."
OWN_WORD = "“{text}” was taken as {tool}'s own word for it, “{level}”, {count} times."
JUDGED_SO = "Judged so in the file {file}."
TAKEN = "Read as {tool}."
WEIGHT = "The column {column} was left out: weights come from the analysis."


def load(request: Request) -> ImportResult:
    """Read a table, and write its judgements into the consensus."""
    building = Building(request.path, source=request.name)
    try:
        sheet = read_table(request.path)
        layout = _layout(sheet, str(request.answers.get("tool") or ""))
    except Unreadable as error:
        building.stop(error.line, "", error.sentence)
    except UnknownTool as error:
        building.stop(None, "", str(error))
    else:
        for line, column, rule in sheet.faults:
            building.refuse(line, column, rule)
        _read(request, building, sheet, layout)
    what = f"Import of {request.name} (risk of bias, robvis)"
    return import_rows(
        by=request.by,
        folder=building.folder,
        review=request.review,
        what=what,
        leaves_out=True,
        dry_run=request.dry_run,
        progress=request.progress,
    )


def _layout(sheet: Sheet, wanted: str) -> Layout:
    """Give the tool and its columns: the one that is asked for, or the only one that fits header and words."""
    found = layouts_of(sheet.columns)
    if wanted:
        tool = tool_named(wanted)
        fitting = [one for one in found if one.tool is tool]
        if not fitting:
            there = ", ".join(sheet.columns)
            raise Unreadable(NOT_ITS.format(tool=tool.name, count=len(tool.domains), columns=there), 1)
        return fitting[0]
    if not found:
        raise Unreadable(NO_TOOL.format(tools=", ".join(one.name for one in all_tools())), 1)
    fitting = [one for one in found if len(found) == 1 or words_fit(one, _words(sheet, one))]
    if len(fitting) != 1:
        names = " or ".join(f"{one.tool.name} ({one.tool.code})" for one in fitting or found)
        raise Unreadable(SEVERAL.format(tools=names))
    return fitting[0]


def _words(sheet: Sheet, layout: Layout) -> list[str]:
    columns = [*layout.domains.values(), *([layout.overall] if layout.overall else [])]
    return [line.get(column) for line in sheet.lines for column in columns]


def _read(request: Request, building: Building, sheet: Sheet, layout: Layout) -> None:
    building.note(TAKEN.format(tool=layout.tool.name))
    used = {layout.study, layout.overall, *layout.domains.values()}
    for column in sheet.columns:
        if column not in used:
            building.note(WEIGHT.format(column=column))
    studies = _Studies(request, building, [line.get(layout.study) for line in sheet.lines])
    outcome = str(request.answers.get("outcome") or "") or None
    own: Counter[tuple[str, str]] = Counter()
    for line in sheet.lines:
        code = studies.find(line, layout.study)
        if code:
            _add_row(building, layout, line, {"study": code, "outcome": outcome}, own)
    for (text, level), count in sorted(own.items()):
        shown = layout.tool.level_name(level)
        building.note(OWN_WORD.format(text=text, tool=layout.tool.name, level=shown, count=count))


def _add_row(
    building: Building, layout: Layout, line: Line, cells: Mapping[str, Any], own: Counter[tuple[str, str]]
) -> None:
    """Add the judgements of a study; an overall one that departs from the tool's rule is marked as the file's own."""
    tool = layout.tool
    columns = {**layout.domains, **({OVERALL: layout.overall} if layout.overall else {})}
    levels: dict[str, str] = {}
    for domain, column in columns.items():
        text = line.get(column)
        if bare(text) in NOTHING or not text:
            continue
        level, is_own = level_of(tool.code, text)
        if not tool.has_level(level):
            rule = NO_LEVEL.format(text=text, tool=tool.name, levels=", ".join(tool.levels.values()))
            building.refuse(line.number, column, rule)
            continue
        if is_own:
            own[text, level] += 1
        levels[domain] = level
    rule = tool.propose_overall({domain: level for domain, level in levels.items() if domain != OVERALL})
    for domain, level in levels.items():
        departs = domain == OVERALL and rule not in ("", level)
        reason = {"justification": JUDGED_SO.format(file=building.source)} if departs else {}
        row = {**cells, "tool": tool.code, "domain": domain, "judgement": level, **reason}
        building.row("judgements", line.number, row, {"judgement": columns[domain], "study": layout.study})


class _Studies:
    """Finds the studies that a table names; makes them where that is asked for, or the review has none at all."""

    def __init__(self, request: Request, building: Building, names: list[str]) -> None:
        self.building = building
        self.labels = dict(Study.objects.filter(review=request.review).values_list("code", "label"))
        self.by_name: dict[str, set[str]] = defaultdict(set)
        for code, label in self.labels.items():
            self.by_name[_same(code)].add(code)
            self.by_name[_same(label)].add(code)
        makes = str(request.answers.get("new_studies") or "").casefold() in {"true", "yes", "1", "on"}
        self.makes = makes or not self.labels
        new = [name for name in names if name and _same(name) not in self.by_name]
        self.codes = Names(self.labels, longest=80, keeps_case=True).codes(new) if self.makes else {}

    def find(self, line: Line, column: str) -> str:
        """Give the code of the study of a line, "" and a problem where there is none."""
        name = line.get(column)
        found = self.by_name.get(_same(name), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            rule = TWO_STUDIES.format(name=name, studies=" or ".join(sorted(self.labels[one] for one in found)))
        elif name and self.makes:
            cells = {"code": self.codes[name], "label": name[:120]}
            self.building.row("studies", line.number, cells, {"label": column})
            return self.codes[name]
        else:
            rule = NO_STUDY.format(name=name, nearest=nearest(name, self.labels.values()))
        self.building.refuse(line.number, column, rule)
        return ""


def _same(name: str) -> str:
    """Give what spellings of a study's name share: Aasa et al. (2015) and Aasa_2015."""
    return re.sub(r"\W+|_", "", re.sub(r"\bet al\b\.?", "", name)).casefold()
