"""How tables for robvis name the domains of each tool, and how they spell judgements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.tools import Tool, all_tools, get_tool

# The columns of the domains, in the tool's order; a tool that is not named here has D1, D2 and so on.
SPECIAL = {
    "rob2_cluster": ("D1", "D1b", "D2", "D3", "D4", "D5"),
    "rob2_crossover": ("D1", "DS", "D2", "D3", "D4", "D5"),
}
NAMED = frozenset({"rob1"})
OVERALLS = frozenset({"overall", "overallriskofbias", "overallbias", "overallrob", "overalljudgement", "globale"})
WEIGHTS = frozenset({"weight", "weights"})
SPELLINGS = {
    **dict.fromkeys(("low", "l", "+", "green"), "low"),
    **dict.fromkeys(("high", "h", "-", "x", "red", "−"), "high"),
    **dict.fromkeys(("someconcerns", "someconcern", "some", "s", "sc"), "some_concerns"),
    **dict.fromkeys(("unclear", "u", "?"), "unclear"),
    **dict.fromkeys(("moderate", "m"), "moderate"),
    **dict.fromkeys(("serious",), "serious"),
    **dict.fromkeys(("critical", "c"), "critical"),
    **dict.fromkeys(("veryhigh", "vh"), "very_high"),
    **dict.fromkeys(("noinformation", "noinfo", "ni", "n"), "no_information"),
}
# No judgement: the domain is not for this study.
NOTHING = frozenset({"", "na", "n/a", "notapplicable", "notassessed"})
# What robvis writes for these tools where they have a word of their own for it.
OWN_WORDS = {
    "quadas2": {"some_concerns": "unclear", "no_information": "unclear"},
    "rob1": {"no_information": "unclear", "some_concerns": "unclear"},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's columns: the one of the study, those of the domains by code, and the overall one ("" if none)."""

    tool: Tool
    study: str
    domains: Mapping[str, str]
    overall: str = ""


def bare(text: str) -> str:
    """Give a word in small letters without blanks and marks; marks alone stay."""
    plain = re.sub(r"[^\w+?−-]+|_", "", text.casefold()) or text.strip()
    return re.sub(r"(risk(ofbias)?|bias)$", "", plain) or plain


def level_of(tool: str, text: str) -> tuple[str, bool]:
    """Give the judgement that a cell says, "" for none, and whether the tool has a word of its own for it."""
    level = SPELLINGS.get(bare(text), "")
    own = OWN_WORDS.get(tool, {}).get(level)
    return (own, True) if own else (level, False)


def layouts_of(columns: Sequence[str]) -> list[Layout]:
    """Give the tools that a header with these columns can be of."""
    if len(columns) < 2:
        return []
    study, *others = columns
    judged = [column for column in others if _plain(column) not in WEIGHTS]
    named = next((column for column in judged if _plain(column) in OVERALLS), "")
    found = []
    for tool in all_tools():
        for overall in dict.fromkeys((named, "" if named else judged[-1] if judged else "")):
            domains = [column for column in judged if column != overall]
            layout = _layout(tool, study, domains, overall)
            if layout is not None:
                found.append(layout)
                break
    return found


def _layout(tool: Tool, study: str, domains: Sequence[str], overall: str) -> Layout | None:
    if len(domains) != len(tool.domains):
        return None
    by_code = _by_number(tool, domains) or _by_name(tool, domains)
    return Layout(tool, study, by_code, overall) if by_code else None


def _by_number(tool: Tool, columns: Sequence[str]) -> dict[str, str]:
    """Give the domains where the columns are D1, D2 ..., in any order."""
    wanted = columns_of(tool, is_short=True)
    given = {_plain(column): column for column in columns}
    if {_plain(column) for column in wanted} != given.keys():
        return {}
    return {code: given[_plain(column)] for code, column in zip(tool.domains, wanted, strict=True)}


def _by_name(tool: Tool, columns: Sequence[str]) -> dict[str, str]:
    """Give the domains where the columns have their names."""
    given = {_plain(column): column for column in columns}
    names = {code: _plain(re.sub(r"^D[0-9]+[a-z]? ", "", name)) for code, name in tool.domains.items()}
    if set(names.values()) != given.keys():
        return {}
    return {code: given[name] for code, name in names.items()}


def columns_of(tool: Tool, *, is_short: bool = False) -> list[str]:
    """Give what the table calls the domains of a tool."""
    if tool.code in NAMED and not is_short:
        return [name.replace(" ", ".") for name in tool.domains.values()]
    return list(SPECIAL.get(tool.code) or (f"D{number}" for number in range(1, len(tool.domains) + 1)))


def _plain(column: str) -> str:
    return re.sub(r"[^\w]+|_", "", column).casefold()


def words_fit(layout: Layout, texts: Sequence[str]) -> bool:
    """Whether a table has no judgement that the tool lacks; robvis adds “no information” to every tool."""
    known = {SPELLINGS.get(bare(text), "") for text in texts if bare(text) not in NOTHING}
    return all(layout.tool.has_level(level) for level in known - {"", "no_information"})


def tool_named(code: str) -> Tool:
    """Give a tool by code or name; raise UnknownTool with the tools that there are."""
    wanted = _plain(code)
    return next((one for one in all_tools() if wanted in (_plain(one.code), _plain(one.name))), None) or get_tool(code)
