"""Records as BibTeX."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from evidence.exporters.references.latex import latex_of
from evidence.exporters.references.ris import ends_of, names_of
from evidence.models import Record


def bibtex_of_records(records: Iterable[Record]) -> Iterator[bytes]:
    """Give records as BibTeX, one by one, in UTF-8; keys are name and year, with a number where they repeat."""
    keys: Counter[str] = Counter()
    for record in records:
        stem = _stem(record)
        keys[stem] += 1
        key = stem if keys[stem] == 1 else f"{stem}-{keys[stem]}"
        fields = [
            # Twice in braces: as it is written, whatever a style does with capitals.
            ("title", f"{{{latex_of(record.title)}}}"),
            ("author", " and ".join(_name(name) for name in names_of(record))),
            ("year", str(record.year or "")),
            ("journal", latex_of(record.journal)),
            ("volume", latex_of(record.volume)),
            ("number", latex_of(record.issue)),
            ("pages", pages_in_latex(record.pages)),
            ("abstract", latex_of(record.abstract)),
            ("doi", latex_of(record.doi)),
            ("pmid", record.pmid),
            ("accession_number", latex_of(record.accession)),
            ("database", latex_of(record.source.database) if record.source else ""),
        ]
        lines = [f"  {name} = {{{text}}}," for name, text in fields if text not in ("", "{}")]
        kind = "article" if record.journal else "misc"
        yield "\n".join([f"@{kind}{{{key},", *lines, "}", "", ""]).encode()


def pages_in_latex(pages: str) -> str:
    """Give pages as BibTeX writes them, with two hyphens between the first and the last."""
    ends = ends_of(pages)
    return f"{latex_of(ends[0])}--{latex_of(ends[1])}" if ends[1] else latex_of(pages)


def _stem(record: Record) -> str:
    """Give the beginning of a key: the first author's family name and the year, in plain letters."""
    first = (names_of(record) or [record.title])[0].split(",")[0].split(" ")[0]
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    return f"{re.sub(r'[^A-Za-z0-9]', '', plain) or 'Record'}{record.year or ''}"


def _name(name: str) -> str:
    """Give a name for a list that "and" joins; one without a comma is that of a group, or is written as it is."""
    text = latex_of(name)
    return text if "," in name else f"{{{text}}}"
