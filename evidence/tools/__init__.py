"""Risk-of-bias tools as versioned data: domains, questions, judgements and the rules that lead to them.

A tool is a folder of this package, a version of it a JSON file named by its date. Every version stays, since an
assessment is read with the version that it was made with. `docs/risk-of-bias.md` says where each comes from.
"""

from functools import cache
from pathlib import Path

from evidence.tools.reading import FaultyDefinition, parse_definition, walks
from evidence.tools.tool import ANSWERS, OVERALL, Proposal, Question, Step, Tool

__all__ = [
    "ANSWERS",
    "OVERALL",
    "FaultyDefinition",
    "Proposal",
    "Question",
    "Step",
    "Tool",
    "UnknownTool",
    "all_tools",
    "all_versions",
    "get_tool",
    "parse_definition",
    "walks",
]


class UnknownTool(ValueError):
    """No tool has this code, or not in this version."""

    def __init__(self, code: str, version: str = "") -> None:
        versions = [tool.version for tool in all_versions() if tool.code == code]
        if versions:
            sentence = f"There is no version “{version}” of “{code}”; there is {', '.join(versions)}."
        else:
            known = ", ".join(tool.code for tool in all_tools())
            sentence = f"There is no risk-of-bias tool “{code}”; the tools are {known}."
        super().__init__(sentence)


@cache
def all_versions() -> tuple[Tool, ...]:
    """Give every version of every tool, by code and version."""
    files = sorted(Path(__file__).parent.glob("*/*.json"))
    tools = (parse_definition(file.read_text(encoding="utf-8")) for file in files)
    return tuple(sorted(tools, key=lambda tool: (tool.code, tool.version)))


@cache
def all_tools() -> tuple[Tool, ...]:
    """Give the newest version of each tool, by code."""
    return tuple({tool.code: tool for tool in all_versions()}.values())


def get_tool(code: str, version: str = "") -> Tool:
    """Give the tool with this code, in its newest version or the one that is named; raise UnknownTool."""
    for tool in all_versions() if version else all_tools():
        if tool.code == code and version in ("", tool.version):
            return tool
    raise UnknownTool(code, version)
