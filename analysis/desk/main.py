"""The door of the desk: words of the command line in, text and an exit status out."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from analysis.desk.options import Options, make_parser, read_options
from analysis.desk.refusal import Refusal

ANSWERED, REFUSED = 0, 2
HELP = {"-h", "--help"}
STANDARD_INPUT = "-"


def main(
    arguments: Sequence[str],
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    *,
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Answer one command line and give the exit status: 0, or 2 with a sentence on `stderr` and nothing on `stdout`.

    `prepare` is called when numbers are needed, before numpy is.
    """
    parser = make_parser()
    if HELP & set(arguments):
        stdout.write(parser.format_help())
        return ANSWERED
    try:
        options = read_options(vars(parser.parse_args(list(arguments))))
        content = read_content(options.file, stdin)
        prepare()
        text = serve(content, options, stdout)
    except Refusal as refusal:
        stderr.write(f"{refusal}\n")
        return REFUSED
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain of it when it closes the stream.
        sys.stdout = None
    except OSError as error:
        stderr.write(f"The answer cannot be written: {error.strerror or error}.\n")
        sys.stdout = None
        return REFUSED
    return ANSWERED


def serve(content: bytes, options: Options, stdout: Any) -> str:
    """Give the text of the answer for a stream, and write the figure that was asked for.

    Raises
    ------
    Refusal : there is no answer; no figure is written either
    """
    # What follows needs numpy and scipy; a wrong option or file name is answered without them.
    from analysis.desk.service import respond

    return respond(content, options, encoding=getattr(stdout, "encoding", None) or "utf-8", width=_width(stdout))


def read_content(file: str, stdin: Any) -> bytes:
    """Give the bytes of the file, or of the standard input for "-"."""
    if file == STANDARD_INPUT:
        taken = getattr(stdin, "buffer", stdin).read()
        return taken.encode() if isinstance(taken, str) else bytes(taken)
    try:
        return Path(file).read_bytes()
    except FileNotFoundError as error:
        raise Refusal(f"There is no file {file!r}.") from error
    except IsADirectoryError as error:
        raise Refusal(f"{file!r} is a folder, not a file.") from error
    except (OSError, ValueError) as error:
        raise Refusal(f"The file {file!r} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _width(stdout: Any) -> int:
    """Give how many characters a line of the report has."""
    if not stdout.isatty():
        return 100
    import shutil

    return min(max(shutil.get_terminal_size((100, 24)).columns, 72), 140)
