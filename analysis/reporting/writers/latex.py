"""The tables of a document as LaTeX, with booktabs; long ones as longtable."""

from collections.abc import Iterator

from analysis.reporting.document import Cell, Cells, Document, Runs, Table, plain

# More rows than these do not fit on a page.
LONGEST_ON_A_PAGE = 25
# The text of a page is so wide, in parts of \linewidth, less what lies between columns.
ROOM = 0.92
ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "×": r"$\times$",
    "²": r"$^{2}$",
    "³": r"$^{3}$",
    "τ": r"$\tau$",
    "⊕": r"$\oplus$",
    "◯": r"$\bigcirc$",
    "†": r"\dag{}",
    "…": r"\ldots{}",
    "\u00a0": "~",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
}
HEAD = r"""% Tables of: {title}
% As of {day}. To be put into a document by \input; its preamble needs
% \usepackage[utf8]{{inputenc}}, \usepackage[T1]{{fontenc}}, \usepackage{{booktabs}}, \usepackage{{longtable}},
% \usepackage{{array}}, \usepackage{{pdflscape}} and \usepackage{{amssymb}}.
"""
ALIGNED = {"left": r">{\raggedright\arraybackslash}", "right": r">{\raggedleft\arraybackslash}"}
CENTRED = r">{\centering\arraybackslash}"


def write_latex(document: Document) -> bytes:
    """Give all tables of a document as LaTeX."""
    lines = [HEAD.format(title=escape(document.title), day=f"{document.changed_at:%-d %B %Y}")]
    for table in document.tables:
        lines += _table(table)
    if not document.tables:
        lines.append("% The manuscript has no table.")
    return ("\n".join(lines) + "\n").encode()


def escape(text: str) -> str:
    """Give a text so that LaTeX prints it as it stands."""
    return "".join(ESCAPED.get(character, character) for character in " ".join(text.split()))


def _table(table: Table) -> Iterator[str]:
    """Give the lines of a table."""
    caption = escape(plain(table.caption))
    label = f"tab:{table.number}"
    if table.stale:
        yield f"% Stale: {escape(table.stale)}"
    if table.missing or not table.rows:
        yield rf"\begin{{table}}[htbp]\caption{{{caption}}}\label{{{label}}}"
        yield " ".join(escape(sentence) for sentence in table.missing)
        yield r"\end{table}"
        yield ""
        return
    if table.is_wide:
        yield r"\begin{landscape}"
    is_long = len(table.rows) > LONGEST_ON_A_PAGE
    yield r"\begingroup\footnotesize"
    yield from _long(table, caption, label) if is_long else _short(table, caption, label)
    yield r"\endgroup"
    if table.is_wide:
        yield r"\end{landscape}"
    yield ""


def _short(table: Table, caption: str, label: str) -> Iterator[str]:
    yield r"\begin{table}[htbp]"
    yield rf"\caption{{{caption}}}\label{{{label}}}"
    yield rf"\begin{{tabular}}{{@{{}}{_columns(table)}@{{}}}}"
    yield r"\toprule"
    yield from map(_row, table.head)
    yield r"\midrule"
    yield from map(_row, table.rows)
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield from _notes(table)
    yield r"\end{table}"


def _long(table: Table, caption: str, label: str) -> Iterator[str]:
    """Give a table over several pages, which repeats its head."""
    yield rf"\begin{{longtable}}{{@{{}}{_columns(table)}@{{}}}}"
    yield rf"\caption{{{caption}}}\label{{{label}}}\\"
    yield r"\toprule"
    yield from map(_row, table.head)
    yield r"\midrule\endfirsthead"
    yield r"\toprule"
    yield from map(_row, table.head)
    yield r"\midrule\endhead"
    yield r"\bottomrule\endfoot"
    yield from map(_row, table.rows)
    yield r"\end{longtable}"
    yield from _notes(table)


def _columns(table: Table) -> str:
    """Give the columns with their shares of the line."""
    count = sum(cell.span for cell in table.head[0])
    widths = table.widths or (1.0,) * count
    aligns = [cell.align for cell in table.head[0]]
    room = ROOM - 0.012 * count
    shares = [room * width / sum(widths) for width in widths]
    columns = zip(aligns, shares, strict=True)
    return "".join(f"{ALIGNED.get(align, CENTRED)}p{{{share:.3f}\\linewidth}}" for align, share in columns)


def _row(cells: Cells) -> str:
    return " & ".join(map(_cell, cells)) + r" \\"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    # A bracket at the beginning of a row would be taken for an option of the line break before it.
    text = f"{{{text}}}" if text.startswith(("[", "*")) else text
    if cell.span > 1:
        return rf"\multicolumn{{{cell.span}}}{{p{{0.6\linewidth}}}}{{{text}}}"
    return text


def _notes(table: Table) -> Iterator[str]:
    """Give the notes and explanations below a table."""
    said = [_note(note) for note in table.notes]
    said += [rf"\textsuperscript{{{escape(letter)}}} {escape(text)}" for letter, text in table.marks]
    if said:
        yield r"\par\smallskip{\scriptsize " + r"\par ".join(said) + r"\par}"


def _note(runs: Runs) -> str:
    return escape(plain(runs))
