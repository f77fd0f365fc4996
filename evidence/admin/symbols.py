"""Risk-of-bias judgements as the pages show them: a word, with a symbol and a colour that repeat it (rows.css)."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.tools import Tool, UnknownTool, get_tool


def level_mark(tool_code: str, level: str) -> SafeString:
    """Give a judgement with its symbol; in the words of a published tool, else in its own."""
    try:
        name = get_tool(tool_code).level_name(level)
    except UnknownTool:
        name = level.replace("_", " ").capitalize()
    return _mark(level, name)


def tool_mark(tool: Tool, level: str) -> SafeString:
    """Give a judgement with its symbol, in the words of the tool that it was made with."""
    return _mark(level, tool.level_name(level))


def _mark(level: str, name: str) -> SafeString:
    return format_html(
        '<span class="level level-{}"><span class="symbol" aria-hidden="true"></span>{}</span>', level, name
    )
