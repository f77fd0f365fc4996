"""Cells that a spreadsheet could take for commands, made harmless."""

# What begins a formula in a spreadsheet, also after blanks; a minus or plus before digits is a number.
COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """Give text that no spreadsheet executes: what could be a formula begins with an apostrophe; numbers stay."""
    if not text.lstrip(" \u00a0\ufeff").startswith(COMMANDS) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
