"""Risk of bias as databases give it: columns of RoB 1 with 1 for low and 0 for high, columns of RoB 2 with words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evidence.importers.metapsy.source import Source
from evidence.importers.metapsy.trials import Trial
from evidence.tools import OVERALL, get_tool

ROB1 = {
    "sequence_generation": ("sg", "seq_gen", "sequence_generation", "random_sequence_generation", "rob_sg"),
    "allocation_concealment": ("ac", "alloc_conce", "allocation_concealment", "rob_ac"),
    "blinding_participants": ("bp", "blinding_participants", "blinding_personnel", "rob_bp"),
    "blinding_assessors": ("ba", "blinding_assess", "blinding_assessors", "blinding_outcome", "rob_ba"),
    "incomplete_data": ("itt", "missing_data", "incomplete_data", "incomplete_outcome", "rob_itt"),
    "selective_reporting": ("selec_report", "selective_reporting", "sor", "rob_sr"),
}
ROB2_DOMAINS = ("randomisation", "deviations", "missing_data", "measurement", "selection")
ROB2 = {
    domain: (f"d{number}", f"rob_d{number}", f"rob2_d{number}", f"domain_{number}", f"rob_domain{number}")
    for number, domain in enumerate(ROB2_DOMAINS, start=1)
}
NUMBERED = re.compile(r"domain_?([1-5])\b.*")
OVERALL_COLUMNS = ("rob_overall", "rob2_overall", "overall_rob", "rob")
FROM_NUMBERS = {"1": "low", "0": "high", "?": "unclear"}
WORDS = {
    "low": "low",
    "low risk": "low",
    "l": "low",
    "high": "high",
    "high risk": "high",
    "h": "high",
    "unclear": "unclear",
    "unclear risk": "unclear",
    "u": "unclear",
    "some concerns": "some_concerns",
    "some concern": "some_concerns",
    "some": "some_concerns",
    "sc": "some_concerns",
    "moderate": "some_concerns",
}
# Rated by the participants themselves, or not to be judged: no judgement.
NO_JUDGEMENT = frozenset({"sr", "self-report", "not applicable"})
NO_MEANING = "“{text}” is no judgement of {tool}; it has {levels}."
DIFFERS = "The rows of the trial say different things of its risk of bias ({texts}); none was taken."
JUDGED_SO = "Judged so in the file {file}."


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a file has for a tool: by domain the standard's name of the column."""

    tool: str
    domains: Mapping[str, str]


def bias_columns(source: Source) -> list[Columns]:
    """Give the tools that a file has judgements of."""
    names = source.database.names
    found = []
    two = {domain: next((name for name in given if name in names), "") for domain, given in ROB2.items()}
    for name in names:
        numbered = NUMBERED.fullmatch(name)
        if numbered:
            domain = ROB2_DOMAINS[int(numbered.group(1)) - 1]
            two[domain] = two[domain] or name
    two = {domain: name for domain, name in two.items() if name}
    overall = next((name for name in OVERALL_COLUMNS if name in names), "")
    words = {row.get(overall).casefold() for row in source.database.comparisons} if overall else set()
    if overall and (two or words & {"some concerns", "some concern"}) and words & WORDS.keys():
        two[OVERALL] = overall
    if two:
        found.append(Columns("rob2", two))
    one = {domain: next((name for name in given if name in names), "") for domain, given in ROB1.items()}
    one = {domain: name for domain, name in one.items() if name}
    # A single column with such a name may be anything, such as how missing data were handled.
    if len(one) > 1:
        found.append(Columns("rob1", one))
    return found


def add_bias(source: Source, trial: Trial, tools: list[Columns], numbers: Mapping[str, str]) -> None:
    """Add the judgements of a trial; `numbers` are what the numbers of RoB 2 mean in this file."""
    for columns in tools:
        meanings = {**WORDS, **(FROM_NUMBERS if columns.tool == "rob1" else numbers)}
        found = {}
        for domain, name in columns.domains.items():
            given = _given(source, trial, name)
            if given is not None:
                level = _level(source, columns.tool, meanings, name, *given)
                if level:
                    found[domain] = (given[0], level, name)
        _add(source, trial, columns.tool, found)


def _given(source: Source, trial: Trial, name: str) -> tuple[int, str] | None:
    """Give the one text that the rows of a trial have in a column; None, and a problem, where they have several."""
    given = {row.get(name).casefold(): row.line for row in reversed(trial.rows) if row.get(name)}
    given = {text: line for text, line in given.items() if text not in NO_JUDGEMENT}
    if len(given) > 1:
        rule = DIFFERS.format(texts=", ".join(sorted(given)))
        source.building.refuse(min(given.values()), source.column(name), rule)
    return next(((line, text) for text, line in given.items()), None) if len(given) == 1 else None


def _level(source: Source, tool: str, meanings: Mapping[str, str], name: str, line: int, text: str) -> str:
    level = meanings.get(text, "")
    known = get_tool(tool)
    if not known.has_level(level):
        rule = NO_MEANING.format(text=text, tool=known.name, levels=known.level_list())
        source.building.refuse(line, source.column(name), rule)
        return ""
    return level


def _add(source: Source, trial: Trial, code: str, found: Mapping[str, tuple[int, str, str]]) -> None:
    """Add the judgements of one tool; an overall one that departs from the tool's rule is marked as the file's own."""
    tool = get_tool(code)
    rule = tool.propose_overall({domain: level for domain, (_, level, _) in found.items() if domain != OVERALL})
    for domain, (line, level, name) in found.items():
        cells = {"study": trial.code, "tool": code, "domain": domain, "judgement": level}
        if domain == OVERALL and rule and rule != level:
            cells["justification"] = JUDGED_SO.format(file=source.building.source)
        source.building.row("judgements", line, cells, {"judgement": source.column(name)})
