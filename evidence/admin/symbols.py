"""Risk-of-bias judgements as the pages show them: a word, with a symbol and a colour that repeat it (rows.css)."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.tools import UnknownTool, get_tool


def level_mark(tool_code: str, level: str) -> SafeString:
    """Give a judgement with its symbol."""
    try:
        name = get_tool(tool_code).level_name(level)
    except UnknownTool:
        name = level
    return format_html(
        '<span class="level level-{}"><span class="symbol" aria-hidden="true"></span>{}</span>', level, name
    )
