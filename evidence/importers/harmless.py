"""Cells that a spreadsheet could take for commands, made harmless in a file and read back as they were."""

# What begins a formula in a spreadsheet, also after blanks; a minus or plus before digits is a number.
COMMANDS = ("=", "+", "-", "@", "\t", "\r")
BLANKS = " \u00a0\ufeff"
MARK = "'"


def is_command(text: str) -> bool:
    """Whether a spreadsheet could execute a cell; numbers it could not."""
    return text.lstrip(BLANKS).startswith(COMMANDS) and not _is_number(text)


def harmless(text: str) -> str:
    """Give the cell that stands for a text in a file that is read back: an apostrophe before what could be a command.

    A text that has apostrophes there of its own gets one more, so that `as_written` takes away what this adds and
    nothing else.
    """
    return MARK + text if is_command(text.lstrip(MARK)) else text


def as_written(cell: str) -> str:
    """Give the text that a cell stands for."""
    return cell[1:] if cell.startswith(MARK) and is_command(cell.lstrip(MARK)) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
