"""Reading tables of references: CSV, TSV and workbooks, whose columns have many names."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evidence.importers.opening import ZIP, Unreadable, decode, read_file, refuse_other_kinds
from evidence.importers.references.places import pages_of
from evidence.importers.references.reading import NO_TITLE, Found, Reading
from evidence.importers.sheets import Sheet, read_table
from evidence.importers.sheets.sheet import make_sheet

# What columns are called, in letters and digits only; the earlier name is trusted more.
NAMES: Mapping[str, Sequence[str]] = {
    "title": (
        *("title", "articletitle", "documenttitle", "primarytitle", "ti", "studytitle", "publictitle", "brieftitle"),
        *("scientifictitle", "originalnonenglishtitle", "titel", "titre", "titulo", "titolo", "shorttitle"),
    ),
    "abstract": ("abstract", "abstractnote", "ab", "briefsummary", "resume", "resumen", "zusammenfassung", "summary"),
    "authors": (
        *("authors", "author", "authornames", "authornamess", "au", "authorfullnames", "authorfullname", "af"),
        *("authorss", "autoren", "auteurs", "autores", "autori", "creator", "creators", "byline"),
    ),
    "year": (
        *("year", "publicationyear", "pubyear", "py", "yearpublished", "yearofpublication", "jahr", "annee", "ano"),
        *("publicationdate", "datepublished", "date", "dateofpublication", "earlyaccessdate", "ea", "dateregistration"),
        *("studyfirstposted", "firstposted", "startdate", "anno"),
    ),
    "journal": (
        *("journal", "journalbook", "sourcetitle", "journaltitle", "publicationtitle", "journalname", "so"),
        *("secondarytitle", "fulljournaltitle", "publicationname", "containertitle", "isotitle", "zeitschrift"),
        *("revista", "booktitle", "publication", "abbreviatedsourcetitle", "source"),
    ),
    "volume": ("volume", "vol", "vl", "vi", "band", "jahrgang", "volumen", "volumeno", "volumenumber"),
    "issue": (
        *("issue", "issueno", "issuenumber", "is", "ip", "heft", "ausgabe", "fascicule", "fascicolo"),
        *("journalissue", "iss"),
    ),
    "pages": ("pages", "page", "pagerange", "pp", "pagination", "seiten", "paginas", "pagine", "pagenumbers"),
    "first_page": ("pagestart", "startpage", "firstpage", "beginningpage", "bp", "sp", "pagebegin"),
    "last_page": ("pageend", "endpage", "lastpage", "endingpage", "ep"),
    "article": ("artno", "articlenumber", "articleno", "ar"),
    "citations": ("citation", "source"),
    "doi": ("doi", "di", "dois", "digitalobjectidentifier", "doinumber", "articledoi", "bookdoi", "d2"),
    "pmid": ("pmid", "pubmedid", "medlinepmid", "pubmedpmid", "pm", "pmids"),
    "accession": (
        *("accessionnumber", "accession", "utuniquewosid", "utuniqueid", "ut", "eid", "wosid", "embaseaccessionid"),
        *("embaseaccessionnumber", "cochranereviewid", "nctnumber", "trialid", "an", "accessionno", "pui"),
    ),
    "links": ("url", "urls", "link", "doilink", "pubmedlink", "fulltextlink", "embaselink", "webaddress"),
}
NO_COLUMN = "No column is called title (or {others}); the file has {there}."
# The header of Web of Science's tables, whose cells have no quotation marks around them.
OF_WEB_OF_SCIENCE = re.compile(r"\s*PT\t[A-Z][A-Z0-9]\t")
# A table of Embase that has a row for each field of a record.
BY_ROWS = re.compile(r'\s*"?TITLE"?\s*,')
BY_ROWS_TOO = re.compile(r'^"?(?:AUTHOR NAMES|SOURCE|PUBLICATION YEAR|ABSTRACT|MEDLINE PMID|DOI)"?\s*,', re.MULTILINE)


def read_columns(path: Path) -> Reading:
    """Give the references of a table.

    Raises
    ------
    Unreadable : it is no table, or none of its columns is a title
    """
    content = read_file(path)
    refuse_other_kinds(content)
    if not content.startswith(ZIP):
        text = decode(content).text
        if BY_ROWS.match(text) and BY_ROWS_TOO.search(text):
            return _read_rows(text)
        if OF_WEB_OF_SCIENCE.match(text):
            return _read_sheet(_unquoted(text))
    return _read_sheet(read_table(path))


def meanings_of(columns: Sequence[str]) -> dict[str, list[str]]:
    """Give the columns that hold each part of a reference, the most trusted first."""
    plain = {column: re.sub(r"[^a-z0-9]", "", _without_marks(column)) for column in columns}
    found: dict[str, list[str]] = {}
    for meaning, names in NAMES.items():
        held = [column for column in columns if plain[column] in names]
        found[meaning] = sorted(held, key=lambda column: names.index(plain[column]))
    return found


def _without_marks(column: str) -> str:
    marks = str.maketrans("áàâäãéèêëíìîïóòôöõúùûüñç", "aaaaaeeeeiiiiooooouuuunc")
    return column.casefold().replace("(s)", "s").translate(marks)


def _read_sheet(sheet: Sheet) -> Reading:
    """Give the references of a table with one row for each."""
    held = meanings_of(sheet.columns)
    if not held["title"]:
        others = ", ".join(NAMES["title"][1:4])
        raise Unreadable(NO_COLUMN.format(others=others, there=", ".join(sheet.columns[:30])), 1)
    reading = Reading()
    for line, column, rule in sheet.faults:
        reading.refuse(line, column, rule)
    for row in sheet.lines:
        found = {meaning: [unguarded(row.get(column)) for column in columns] for meaning, columns in held.items()}
        reading.take(row.number, _one_journal(_one_list(_with_pages(found))), column=held["title"][0])
    return reading


def unguarded(cell: str) -> str:
    """Give a cell without the apostrophe that keeps spreadsheets from executing it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip(" \u00a0").startswith(("=", "+", "-", "@")) else cell


def _one_list(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Keep one of several columns with all authors."""
    authors = [text for text in found["authors"] if text][:1]
    return {**found, "authors": authors}


def _with_pages(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Give the pages where the first and the last stand apart, or else the number of an article that has none."""
    apart = pages_of(found["first_page"], found["last_page"])
    return {**found, "pages": [*found["pages"], *apart, *found["article"]]}


def _one_journal(found: Found) -> Found:
    return {**found, "journal": [text for text in found["journal"] if text][:1]}


def _unquoted(text: str) -> Sheet:
    """Give a table of Web of Science: cells between tabs, quotation marks as they stand."""
    rows = [(number, line.split("\t")) for number, line in enumerate(text.split("\n"), start=1)]
    return make_sheet("", rows)


def _read_rows(text: str) -> Reading:
    """Give the references of a table with one row for each field, as Embase writes it."""
    reading = Reading()
    for line, fields in _records(text):
        found: dict[str, list[str]] = {meaning: [] for meaning in NAMES}
        for name, cells in fields:
            plain = re.sub(r"[^a-z0-9]", "", name.casefold())
            for meaning in [one for one, names in NAMES.items() if plain in names]:
                found[meaning] += cells if meaning == "authors" else cells[:1]
        if any(any(texts) for texts in found.values()):
            reading.take(line, _with_pages(found), column="TITLE")
        else:
            reading.refuse(line, "TITLE", NO_TITLE)
    return reading


def _records(text: str) -> Iterator[tuple[int, list[tuple[str, list[str]]]]]:
    """Give the records with the line that each begins in; one begins with its title."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line, begin, fields = 1, 1, list[tuple[str, list[str]]]()
    for cells in reader:
        name = cells[0].strip() if cells else ""
        if name.upper() == "TITLE" and fields:
            yield line, fields
            fields = []
        if name:
            line = begin if not fields else line
            fields.append((name, [cell for cell in cells[1:] if cell.strip()]))
        begin = reader.line_num + 1
    if fields:
        yield line, fields
