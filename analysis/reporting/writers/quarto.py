"""A document as a Quarto project: one .qmd file and its figures, in a zip with fixed times."""

import io
import json
import re
from collections.abc import Iterator

from analysis.reporting.document import (
    Cells,
    Checklist,
    Document,
    Figure,
    Heading,
    Listing,
    PageBreak,
    Paragraph,
    Part,
    References,
    Run,
    Runs,
    Table,
)
from analysis.reporting.pictures import png_of
from analysis.reporting.writers.zipping import zip_of

SPECIAL = re.compile(r"([\\`*_{}\[\]<>$^~|@#\"'&])")
# What would begin a list, a heading or a quotation at the beginning of a line.
BEGINS = re.compile(r"^(\s*)([-+=:]|\d+(?=[.)]))")
READ_ME = "Render with Quarto (quarto render {name}.qmd): HTML, DOCX and PDF are set up in the head of the file.\n"


def write_quarto(document: Document) -> bytes:
    """Give the zip: text, and each figure as SVG and as PNG with 300 dots per inch."""
    files = {
        f"{document.name}.qmd": write_markdown(document).encode(),
        "README.txt": READ_ME.format(name=document.name).encode(),
    }
    for figure in document.figures:
        if figure.svg:
            files[f"figures/figure-{figure.number}.svg"] = figure.svg.encode()
            files[f"figures/figure-{figure.number}.png"] = png_of(figure.svg)
    return zip_of(files, document.changed_at)


def write_markdown(document: Document) -> str:
    """Give the text of the .qmd file."""
    file = io.StringIO()
    file.write("\n".join(_head(document)) + "\n\n")
    stale = document.stale()
    if stale:
        file.write("::: {.callout-warning}\n## Stale\n\n")
        file.write("".join(f"- {escape(said)}\n" for said in stale) + ":::\n\n")
    for part in document.parts:
        file.write("\n".join(_part(part)) + "\n\n")
    if document.sources:
        file.write("## Data of this manuscript {.unnumbered}\n\n")
        file.write("".join(f"- {escape(said)}\n" for said in document.sources))
    return file.getvalue()


def _head(document: Document) -> Iterator[str]:
    """Give the YAML head; JSON texts are YAML texts too."""
    yield "---"
    yield f"title: {_yaml(document.title)}"
    if document.authors:
        yield f"author: {_yaml(document.authors)}"
    if document.affiliations:
        yield "affiliation:"
        yield from (f"  - {_yaml(line)}" for line in document.affiliations)
    if document.abstract:
        text = "\n\n".join("\n".join(_part(part)) for part in document.abstract)
        yield f"abstract: {_yaml(text)}"
    yield f"date: {_yaml(f'{document.changed_at:%Y-%m-%d}')}"
    yield from ("lang: en-GB", "format:", "  html:", "    toc: true", "  docx: default", "  pdf: default")
    yield "---"


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def escape(text: str) -> str:
    """Give a text so that Markdown shows it as it stands."""
    return BEGINS.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", " ".join(text.split())))


def _inside(text: str) -> str:
    """Escape a text that stands within a line; spaces at its ends are kept."""
    return SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _part(part: Part) -> Iterator[str]:
    """Give the lines of a part."""
    if isinstance(part, Heading):
        yield f"{'#' * part.level} {escape(part.words)}"
    elif isinstance(part, Paragraph):
        yield _runs(part.runs)
    elif isinstance(part, Listing):
        for number, item in enumerate(part.items, start=1):
            yield f"{f'{number}.' if part.is_numbered else '-'} {_runs(item)}"
    elif isinstance(part, Figure):
        yield from _figure(part)
    elif isinstance(part, Table):
        yield from _table(part)
    elif isinstance(part, Checklist):
        yield from _checklist(part)
    elif isinstance(part, References):
        yield from _references(part)
    elif isinstance(part, PageBreak):
        yield "{{< pagebreak >}}"


def _figure(figure: Figure) -> Iterator[str]:
    if figure.svg:
        alt = SPECIAL.sub(r"\\\1", " ".join(figure.alt.split()))
        path = f"figures/figure-{figure.number}.png"
        yield f'![{_runs(figure.caption)}]({path}){{#fig-{figure.number} fig-alt="{alt}"}}'
    else:
        yield f"**Figure {figure.number}. {_runs(figure.caption)}**"
        yield ""
        yield " ".join(escape(sentence) for sentence in figure.missing)
    for note in figure.notes:
        yield ""
        yield _runs(note)


def _table(table: Table) -> Iterator[str]:
    if table.rows:
        yield _row(table.head[-1])
        marks = {"left": ":---", "right": "---:", "center": ":---:"}
        yield "|" + "|".join(marks[cell.align] for cell in table.head[-1]) + "|"
        yield from map(_row, table.rows)
        yield ""
        yield f": {_runs(table.caption)} {{#tbl-{table.number}}}"
    else:
        yield f"**Table {table.number}. {_runs(table.caption)}**"
        yield ""
        yield " ".join(escape(sentence) for sentence in table.missing)
    for note in table.notes:
        yield ""
        yield _runs(note)
    for letter, text in table.marks:
        yield ""
        yield f"^{letter}^ {escape(text)}"


def _row(cells: Cells) -> str:
    """Give a row; a cell over several columns stands in the first of them."""
    texts: list[str] = []
    for cell in cells:
        texts += [_inside(cell.text), *[""] * (cell.span - 1)]
    return f"| {' | '.join(texts)} |"


def _checklist(checklist: Checklist) -> Iterator[str]:
    yield "| Item | Section | Topic | Where |"
    yield "|:---|:---|:---|:---|"
    for row in checklist.rows:
        place = _inside(row.place) or "**missing**"
        yield f"| {row.number} | {_inside(row.section)} | {_inside(row.topic)} | {place} |"
    yield ""
    yield f": {escape(checklist.title)}"
    yield ""
    yield escape(checklist.source)


def _references(references: References) -> Iterator[str]:
    yield f"## {escape(references.title)} {{.unnumbered}}"
    for label, item in references.items:
        yield ""
        yield f"{label}\\. {_runs(item)}" if label else _runs(item)
    for note in references.notes:
        yield ""
        yield escape(note)


def _runs(runs: Runs) -> str:
    said = "".join(map(_run, runs))
    is_plain = bool(runs) and not (runs[0].href or runs[0].is_bold or runs[0].is_italic)
    return BEGINS.sub(r"\1\\\2", said) if is_plain else said


def _run(run: Run) -> str:
    text = _inside(run.text)
    if run.is_bold and text.strip():
        text = f"**{text}**"
    if run.is_italic and text.strip():
        text = f"*{text}*"
    if run.is_raised:
        text = f"^{text}^"
    if run.href.startswith(("http://", "https://")):
        text = f"[{text}](<{run.href.replace('>', '%3E')}>)"
    return f"[{text}]{{.mark}}" if run.stale else text
