"""Records, and reports of studies, as RIS."""

import re
from collections.abc import Iterable, Iterator

from evidence.models import Record, Report

# RIS ends its lines with two characters, and a record with a line of its own.
END = "\r\n"
RANGE = re.compile(r"[A-Za-z]{0,4}[0-9]+[A-Za-z]?-[A-Za-z]{0,4}[0-9]+[A-Za-z]?")


def ris_of_records(records: Iterable[Record]) -> Iterator[bytes]:
    """Give records as RIS, one by one: C2 holds the PMID, AN the number in the database, as Scopus and others write."""
    for record in records:
        source = record.source
        yield _entry(
            "JOUR" if record.journal else "GEN",
            [
                ("TI", record.title),
                *(("AU", name) for name in names_of(record)),
                ("PY", str(record.year or "")),
                ("T2", record.journal),
                *_place(record),
                ("AB", record.abstract),
                ("DO", record.doi),
                ("C2", record.pmid),
                ("AN", record.accession),
                ("DB", source.database if source else ""),
            ],
        )


def ris_of_reports(reports: Iterable[tuple[Report, Record | None]]) -> Iterator[bytes]:
    """Give reports of studies as RIS, each with the record that it was found as.

    A report without a record has its citation as it stands: nothing is made out of it.
    """
    for report, record in reports:
        study = report.study
        year = report.year or (record.year if record else None)
        kind = "main report" if report.is_primary else "further report"
        note = f"Study {study.label} ({study.code}), {kind}."
        number = report.registration or study.registration
        yield _entry(
            "JOUR" if record and record.journal else "GEN",
            [
                ("TI", record.title if record else report.citation),
                *(("AU", name) for name in (names_of(record) if record else [])),
                ("PY", str(year or "")),
                ("T2", record.journal if record else ""),
                *(_place(record) if record else []),
                ("AB", record.abstract if record else ""),
                ("DO", report.doi or (record.doi if record else "")),
                ("C2", report.pmid or (record.pmid if record else "")),
                ("AN", record.accession if record else ""),
                ("UR", report.url),
                ("N1", f"{note} Registered as {number}." if number else note),
                ("LB", study.code),
            ],
        )


def names_of(record: Record) -> list[str]:
    """Give the authors of a record one by one."""
    return [name for name in map(str.strip, record.authors.split(";")) if name]


def ends_of(pages: str) -> tuple[str, str]:
    """Give the first and the last of pages that are a range; all of what is no range, and ""."""
    first, _, last = pages.partition("-")
    is_range = bool(RANGE.fullmatch(pages)) and first != last
    return (first, last) if is_range else (pages, "")


def _place(record: Record) -> list[tuple[str, str]]:
    first, last = ends_of(record.pages)
    return [("VL", record.volume), ("IS", record.issue), ("SP", first), ("EP", last)]


def _entry(kind: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"TY  - {kind}", *(f"{tag}  - {' '.join(text.split())}" for tag, text in fields if text.strip()), "ER  - "]
    return (END.join(lines) + END + END).encode()
