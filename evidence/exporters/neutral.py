"""Cells that a spreadsheet could take for commands, made harmless."""

from evidence.importers.harmless import MARK, is_command


def neutral(text: str) -> str:
    """Give text that no spreadsheet executes: what could be a formula begins with an apostrophe; numbers stay."""
    return MARK + text if is_command(text) else text
