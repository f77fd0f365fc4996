"""Files that are damaged, mislabelled or meant to do harm: each is refused with its sentence, nothing is written."""

import os
import socket
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.importers.asking import Request
from evidence.importers.building import Building
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable, open_zip, parse_xml, read_file, read_text
from evidence.importers.sheets import read_sheets, read_table
from evidence.models import Study
from tests.evidence.importing import hostile
from tests.factories import make_membership, make_review

ENTITIES = "The file defines entities of its own, or points to other files, which no export does; it was not read."
DAMAGED = "The workbook is cut or damaged; open it in a spreadsheet program and save it again."
NO_ZIP = "The file is cut or damaged: it is no whole zip archive."
NO_TABLE = "The file is a web page or XML, not a table, whatever its ending; save it as .csv or .xlsx."
LOCKED = "The file is protected with a password; save it without one."
AREA = '<mergeCell ref="A1:XFD1048576"/>'


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test fail where something reaches out."""

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a file made the program reach out")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def load_table(request: Request) -> ImportResult:
    """Import a table of studies, as every importer of tables does: what cannot be read stops it with a sentence."""
    building = Building(request.path, source=request.name)
    try:
        sheet = read_table(request.path)
        sheet.require(["study"])
        for line in sheet.lines:
            building.row("studies", line.number, {"code": f"code{line.number}", "label": line.get("study")})
    except Unreadable as error:
        building.stop(error.line, "", error.sentence)
    what = f"Import of {request.name}"
    return import_rows(by=request.by, folder=building.folder, what=what, review=request.review, leaves_out=True)


def refusal(read: Callable[[Path], object], path: Path) -> str:
    """Give the sentence with which a file is refused."""
    with pytest.raises(Unreadable) as caught:
        read(path)
    return caught.value.sentence


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# Files that are refused as a whole: name, content, sentence, and the line where there is one.
REFUSED: list[tuple[str, Callable[[], bytes], str, int | None]] = [
    ("empty.csv", lambda: b"", "The file is empty.", None),
    ("spaces.csv", lambda: b" \r\n \n", "The file is empty.", None),
    ("mark.csv", lambda: b"\xef\xbb\xbf", "The file is empty; its first line must name the columns.", None),
    ("commas.csv", lambda: b",,,\n,,\n", "The file is empty; its first line must name the columns.", None),
    ("zero.csv", lambda: b"study,n\nIto,\x003\n", "The file holds zero bytes; it is damaged, or no text.", 2),
    (
        "cut16.csv",
        lambda: "study,n\nIto,3\n".encode("utf-16")[:-1],
        "The file is cut or damaged: it is not UTF-16 to its end.",
        2,
    ),
    ("cut8.csv", lambda: b"\xef\xbb\xbfstudy\nM\xc3", "The file is cut or damaged: it is not UTF-8 to its end.", 2),
    ("twice.csv", lambda: b"study,n,n,study\nIto,1,2,3\n", "The header has a column twice: n, study.", 1),
    (
        "quote.csv",
        lambda: b'study,n\nIto,1\n"Abe,2\n',
        "The row cannot be read (unexpected end of data); look for a quotation mark too many.",
        3,
    ),
    (
        "long.csv",
        lambda: b"study\n" + b"x" * 10_000_001 + b"\n",
        "The row cannot be read (field larger than field limit (10000000)); look for a quotation mark too many.",
        2,
    ),
    (
        "wide.csv",
        lambda: ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n",
        "The row has 1,000,000 cells; the most that are read is 2,000.",
        1,
    ),
    (
        "tall.csv",
        lambda: b"study\n" + b"a\n" * 200_001,
        "The table has more than 200,000 rows; split it.",
        None,
    ),
    ("page.xls", lambda: b"<html><table><tr><td>study</td></tr></table></html>", NO_TABLE, None),
    ("laughs.csv", lambda: hostile.BILLION_LAUGHS, NO_TABLE, None),
    (
        "paper.csv",
        lambda: b"%PDF-1.7 ...",
        "The file is a PDF; export the data themselves from the program that made it.",
        None,
    ),
    ("picture.csv", lambda: b"\x89PNG\r\n", "The file is a picture; export the data themselves.", None),
    ("packed.csv", lambda: b"\x1f\x8b\x08", "The file is compressed with gzip; unpack it first.", None),
    (
        "old.xls",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
        "The file is protected with a password, or is of the old kind .xls; save it without a password as .xlsx.",
        None,
    ),
    ("locked.xlsx", lambda: hostile.locked(hostile.workbook()), LOCKED, None),
    ("locked_zip.xlsx", lambda: hostile.with_password(hostile.workbook()), LOCKED, None),
    ("bomb.xlsx", lambda: hostile.bomb(60), "The file would grow to 60 MB when it is opened; it was not.", None),
    (
        "nested.xlsx",
        lambda: hostile.nested(5),
        "The file is a zip archive, but no XLSX workbook, and holds no CSV files; unpack it, or save the table as "
        ".xlsx or .csv.",
        None,
    ),
    (
        "way_out.xlsx",
        lambda: hostile.with_parts(hostile.workbook(), {"../../etc/passwd": b"x"}),
        "The archive holds files that lead outside of it; it was not opened.",
        None,
    ),
    (
        "many.xlsx",
        lambda: hostile.with_parts(hostile.workbook(), {f"xl/media/{n}": b"" for n in range(10_001)}),
        "The archive holds 10,010 files; the most that are read is 10,000.",
        None,
    ),
    ("no_sheet.xlsx", lambda: hostile.with_parts(hostile.workbook(), {hostile.SHEET: b"<a/>"}), "", None),
    ("part.xlsx", lambda: hostile.with_parts(hostile.workbook(), {"xl/workbook.xml": b"<workbook"}), DAMAGED, None),
    (
        "laughs.xlsx",
        lambda: hostile.with_parts(hostile.workbook(), {hostile.SHEET: hostile.BILLION_LAUGHS}),
        ENTITIES,
        None,
    ),
    (
        "laughs16.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(), {hostile.SHEET: hostile.BILLION_LAUGHS.decode().encode("utf-16")}
        ),
        ENTITIES,
        None,
    ),
    (
        "laughs7.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(), {hostile.SHEET: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE'}
        ),
        "xl/worksheets/sheet1.xml in the file has an encoding that no spreadsheet program writes.",
        None,
    ),
    (
        "external.xlsx",
        lambda: hostile.with_parts(hostile.workbook(), {"xl/styles.xml": hostile.EXTERNAL}),
        ENTITIES,
        None,
    ),
    ("far.xlsx", lambda: hostile.with_parts(hostile.workbook(), {"_rels/.rels": hostile.FAR_DTD}), ENTITIES, None),
    (
        "far_row.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(), {hostile.SHEET: hostile.sheet_xml('<row r="99999999999"><c><v>1</v></c></row>')}
        ),
        DAMAGED,
        None,
    ),
    (
        "last_row.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(),
            {hostile.SHEET: hostile.sheet_xml('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')},
        ),
        "The sheet Sheet has more than 200,000 rows; split it.",
        None,
    ),
    (
        "last_column.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(), {hostile.SHEET: hostile.sheet_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>')}
        ),
        "The sheet Sheet has more than 2,000 columns; split it.",
        None,
    ),
    (
        "areas.xlsx",
        lambda: hostile.with_parts(
            hostile.workbook(),
            {hostile.SHEET: hostile.sheet_xml("", after=f"<mergeCells>{AREA * 1001}</mergeCells>")},
        ),
        "The sheet Sheet has more than 1,000 areas of merged cells; split it.",
        None,
    ),
]


@pytest.mark.parametrize(("name", "make", "sentence", "line"), REFUSED, ids=[one[0] for one in REFUSED])
def test_file_is_refused_with_its_sentence(
    tmp_path: Path, name: str, make: Callable[[], bytes], sentence: str, line: int | None
) -> None:
    path = written(tmp_path / name, make())
    with pytest.raises(Unreadable) as caught:
        read_sheets(path)
    assert (caught.value.sentence, caught.value.line) == (
        sentence or "The workbook is empty; the first row of a sheet must name its columns.",
        line,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["twice.csv", "laughs.xlsx", "locked.xlsx", "cut16.csv", "bomb.xlsx"])
def test_refused_file_leaves_the_database_as_it_was(tmp_path: Path, name: str) -> None:
    owner: User = make_membership(review := make_review(), role="owner").user
    path = written(tmp_path / name, next(make for other, make, *_ in REFUSED if other == name)())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        result = load_table(Request(by=owner, review=review, path=path, name=name))
    assert (result.is_saved, len(result.errors), Study.objects.count()) == (False, 1, 0)
    assert result.errors[0].sentence.startswith(name)
    assert not [one for one in queries if one["sql"].startswith(("UPDATE", 'INSERT INTO "evidence_study'))]


# Not files at all -----------------------------------------------------------------------------------------------------


def test_two_gigabytes_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # a file with a hole: it takes no room
    assert refusal(read_file, path) == "The file has 2,048 MB; the most that can be read is 200 MB. Split it."


def test_folder_device_and_channel_are_not_read(tmp_path: Path) -> None:
    assert refusal(read_file, tmp_path) == "This is a folder, not a file; name the file in it."
    os.mkfifo(tmp_path / "pipe.csv")
    sentence = "This is not a file on a disk, but a device or a channel; it was not read."
    assert refusal(read_file, tmp_path / "pipe.csv") == sentence
    assert refusal(read_file, Path("/dev/zero")) == sentence


def test_links_are_followed_to_files_only(tmp_path: Path) -> None:
    table = written(tmp_path / "table.csv", b"study\nIto\n")
    (tmp_path / "link.csv").symlink_to(table)
    assert read_table(tmp_path / "link.csv").columns == ("study",)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nothing")
    assert refusal(read_file, tmp_path / "gone.csv") == "The file cannot be opened (No such file or directory)."
    (tmp_path / "ring.csv").symlink_to(tmp_path / "ring.csv")
    assert refusal(read_file, tmp_path / "ring.csv") == "The file cannot be opened (Too many levels of symbolic links)."
    (tmp_path / "folder.csv").symlink_to(tmp_path)
    assert refusal(read_file, tmp_path / "folder.csv") == "This is a folder, not a file; name the file in it."


@pytest.mark.parametrize("name", ["a b,c;d.csv", "−Müller “x”.csv", "=cmd().csv", "new\nline.csv", "..csv", "🫖.csv"])
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    assert read_table(written(tmp_path / name, b"study\nIto\n")).columns == ("study",)


def test_names_that_no_file_has_are_refused(tmp_path: Path) -> None:
    assert refusal(read_file, tmp_path / "a\0b.csv") == "The file cannot be opened: no file can have such a name."
    assert refusal(read_file, tmp_path / ("x" * 5000)) == "The file cannot be opened (File name too long)."


# XML ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [hostile.BILLION_LAUGHS, hostile.EXTERNAL, hostile.PARAMETER])
def test_xml_with_entities_of_its_own_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_xml(content)
    assert caught.value.sentence == ENTITIES


def test_document_type_from_outside_is_not_fetched() -> None:
    assert [one.get("ID") for one in parse_xml(hostile.FAR_DTD)] == ["1"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<a>\n<b>\n", "The file is no whole XML file: it ends or breaks off in line 3."),
        (b"study,n\n1,2\n", "The file is no whole XML file: it ends or breaks off in line 1."),
        (
            b'<?xml version="1.0" encoding="martian"?><a/>',
            "The file names an encoding that it is not in (unknown encoding: martian).",
        ),
    ],
)
def test_xml_that_is_cut_is_refused_with_its_line(content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_xml(content)
    assert caught.value.sentence == sentence


def test_xml_of_very_many_levels_is_read_without_running_out_of_stack() -> None:
    assert parse_xml(b"<a>" * 50_000 + b"</a>" * 50_000).tag == "a"


# Files that are cut ---------------------------------------------------------------------------------------------------


def test_workbook_cut_at_every_tenth_byte_is_refused(tmp_path: Path) -> None:
    content = hostile.workbook()
    sentences = set()
    for end in range(10, len(content) - 1, 10):
        sentences.add(refusal(read_sheets, written(tmp_path / "cut.xlsx", content[:end])))
    assert sentences == {NO_ZIP}


def test_text_cut_at_every_tenth_byte_is_read_or_refused_with_its_line(tmp_path: Path) -> None:
    said = set()
    content = 'study,note\n"Müller, 2010","two\nlines"\nIto 2001,"said ""no"""\n'.encode()
    for end in range(len(content)):
        said.add(outcome(written(tmp_path / "cut.csv", content[:end])))
    assert said == {
        "read",
        "The file is empty.",
        "The row cannot be read (unexpected end of data); look for a quotation mark too many.",
    }


def outcome(path: Path) -> str:
    """Give "read", or the sentence with which a file is refused."""
    try:
        read_table(path)
    except Unreadable as error:
        return error.sentence
    return "read"


def test_damaged_part_of_an_archive_is_named(tmp_path: Path) -> None:
    content = bytearray(hostile.workbook())
    with zipfile.ZipFile(BytesIO(bytes(content))) as archive:
        place = archive.getinfo(hostile.SHEET).header_offset + 30 + len(hostile.SHEET) + 20
    content[place : place + 40] = b"\xff" * 40
    sentence = f"The file is cut or damaged: {hostile.SHEET} in it cannot be unpacked."
    assert refusal(read_sheets, written(tmp_path / "damaged.xlsx", bytes(content))) == sentence


def test_archive_that_states_less_than_it_holds_is_not_unpacked_beyond_it() -> None:
    content = bytearray(hostile.bomb(30))
    for signature, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        begin = content.find(signature)
        content[begin + place : begin + place + 4] = (100).to_bytes(4, "little")
    archive = open_zip(bytes(content))
    with pytest.raises(zipfile.BadZipFile), archive.open(hostile.SHEET) as file:
        file.read()


def test_text_is_asked_for_and_an_archive_is_given(tmp_path: Path) -> None:
    path = written(tmp_path / "refs.ris", hostile.workbook())
    assert refusal(read_text, path) == (
        "The file is a zip archive or a spreadsheet, not a text; unpack it, or save it as text."
    )
