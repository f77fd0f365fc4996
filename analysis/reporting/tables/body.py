"""The inside of a table before it gets its number and caption."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.reporting.document import Align, Cell, Cells

NOTHING = "–"
# Of the widths of columns, in characters.
NARROWEST, LONGEST_WORD, LONGEST_TEXT, BETWEEN = 3, 18, 120, 2
PAGE, WIDE_PAGE = 105.0, 190.0


@dataclass(frozen=True, slots=True)
class Body:
    """Head, rows, notes and explanations with letters; `missing` says why there are no rows."""

    head: tuple[Cells, ...] = ()
    rows: tuple[Cells, ...] = ()
    notes: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    is_wide: bool = False
    missing: tuple[str, ...] = ()


def head_of(titles: Iterable[str], aligns: Iterable[Align]) -> tuple[Cells, ...]:
    """Give one row of column titles."""
    return (tuple(Cell(title, align, is_header=True) for title, align in zip(titles, aligns, strict=True)),)


def row_of(texts: Iterable[str], aligns: Iterable[Align]) -> Cells:
    """Give a row whose first cell is what the row is about; an empty text becomes a dash."""
    pairs = enumerate(zip(texts, aligns, strict=True))
    return tuple(Cell(text or NOTHING, align, is_header=place == 0) for place, (text, align) in pairs)


def widths_of(head: Sequence[Cells], rows: Sequence[Cells], *, is_wide: bool) -> tuple[float, ...]:
    """Give the widths of the columns in characters: the longest word fits, longer texts share what is left."""
    columns: list[list[str]] = [[cell.text] for cell in head[-1]]
    for row in rows:
        if len(row) == len(columns):
            for texts, cell in zip(columns, row, strict=True):
                texts.append(cell.text)
    words = [_longest_word(texts) for texts in columns]
    wanted = [max(_usual_length(texts) - word, 0.0) for texts, word in zip(columns, words, strict=True)]
    left = max((WIDE_PAGE if is_wide else PAGE) - sum(words), 0.0)
    share = min(left / sum(wanted), 1.0) if sum(wanted) else 0.0
    return tuple(word + share * more for word, more in zip(words, wanted, strict=True))


def _longest_word(texts: list[str]) -> float:
    longest = max((len(word) for text in texts for word in text.split()), default=1)
    return float(min(max(longest, NARROWEST), LONGEST_WORD) + BETWEEN)


def _usual_length(texts: list[str]) -> float:
    """Give a length between those of the usual and of the longest text, which counts as no more than several lines."""
    lengths = [min(len(text), LONGEST_TEXT) for text in texts[1:]] or [0]
    return (sum(lengths) / len(lengths) + max(lengths)) / 2
