"""Opening files that somebody sends: within limits, and with a sentence where it cannot be done."""

import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings

LOCKED = "The file is protected with a password; save it without one."
# The name, in an OLE container, of what spreadsheet programs save with a password.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What other kinds of files begin with, and what to do with one.
SIGNATURES: Sequence[tuple[bytes, str]] = (
    (b"%PDF", "The file is a PDF; export the data themselves from the program that made it."),
    (
        OLE,
        "The file is protected with a password, or is of the old kind .xls; save it without a password as .xlsx.",
    ),
    (b"\x1f\x8b", "The file is compressed with gzip; unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "The file is a 7z archive; unpack it first."),
    (b"Rar!", "The file is a RAR archive; unpack it first."),
    (b"\x89PNG", "The file is a picture; export the data themselves."),
)
ZIP = b"PK\x03\x04"
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# A packed file that grows by more than this when it is opened is no spreadsheet.
MOST_GROWTH = 200
MOST_MEMBERS = 10_000
MEGABYTE = 1 << 20
# What reading a damaged archive, or one of its files, may raise.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    lzma.LZMAError,
)
OFFICE_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
DECLARATION = re.compile(
    b"|".join(
        re.escape(word.encode(encoding))
        for word in ("<!DOCTYPE", "<!ENTITY")
        for encoding in ("ascii", "utf-16-le", "utf-16-be")
    )
)
ENTITIES = "The file defines entities of its own, or points to other files, which no export does; it was not read."


class Unreadable(ValueError):
    """A file cannot be read at all; says why, and what to do, in a sentence."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        self.sentence, self.line = sentence, line
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file, with one kind of line end, and the encoding that it was in."""

    text: str
    encoding: str


def most_bytes() -> int:
    """Give how large a file may be."""
    return int(settings.IMPORT_MAX_MEGABYTES) * MEGABYTE


def read_file(path: Path) -> bytes:
    """Give the content of a file.

    Raises
    ------
    Unreadable : it is not there, is a folder or no file on a disk, is empty, or is larger than allowed
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise Unreadable("This is a folder, not a file; name the file in it.")
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("This is not a file on a disk, but a device or a channel; it was not read.")
        refuse_size(found.st_size)
        with path.open("rb") as file:
            content = file.read(most_bytes() + 1)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened ({error.strerror}).") from error
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("The file cannot be opened: no file can have such a name.") from error
    refuse_size(len(content))
    if not content.strip():
        raise Unreadable("The file is empty.")
    return content


def refuse_size(size: int) -> None:
    """Refuse a file of more bytes than are read.

    Raises
    ------
    Unreadable : says how large it is, and how large it may be
    """
    if size > most_bytes():
        rule = "The file has {} MB; the most that can be read is {} MB. Split it."
        raise Unreadable(rule.format(f"{size / MEGABYTE:,.0f}", settings.IMPORT_MAX_MEGABYTES))


def read_text(path: Path) -> Text:
    """Give the text of a file in UTF-8, UTF-16, UTF-32 or a Western encoding of one byte (Windows-1252, Latin-1).

    Raises
    ------
    Unreadable : as read_file, or it is not a text
    """
    content = read_file(path)
    refuse_other_kinds(content)
    if content.startswith(ZIP):
        raise Unreadable("The file is a zip archive or a spreadsheet, not a text; unpack it, or save it as text.")
    return decode(content)


def refuse_other_kinds(content: bytes) -> None:
    """Refuse what begins like a kind of file that nothing here reads.

    Raises
    ------
    Unreadable : with what to do instead
    """
    if content.startswith(OLE) and ENCRYPTED in content:
        raise Unreadable(LOCKED)
    for begin, sentence in SIGNATURES:
        if content.startswith(begin):
            raise Unreadable(sentence)


def decode(content: bytes) -> Text:
    """Give the text of some bytes.

    Without a byte order mark: UTF-8 where it is valid, UTF-16 where every other byte is zero, else Windows-1252, in
    which Latin-1 is read the same, and Latin-1 where Windows-1252 has no such letter.

    Raises
    ------
    Unreadable : it is no text in any of these
    """
    encoding = next((name for mark, name in BOMS if content.startswith(mark)), "") or _guess(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1  # counted without the mark
        name = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be").upper()
        raise Unreadable(f"The file is cut or damaged: it is not {name} to its end.", line) from error
    if "\0" in text:
        raise Unreadable(
            "The file holds zero bytes; it is damaged, or no text.", text.count("\n", 0, text.index("\0")) + 1
        )
    return Text(text.replace("\r\n", "\n").replace("\r", "\n"), encoding)


def _guess(content: bytes) -> str:
    head = content[:4096]
    if len(head) > 3:
        odd, even = head[1::2].count(0) / len(head[1::2]), head[::2].count(0) / len(head[::2])
        if odd > 0.4 and even < 0.1:
            return "utf-16-le"
        if even > 0.4 and odd < 0.1:
            return "utf-16-be"
    for name in ("utf-8", "cp1252"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def parse_xml(content: bytes) -> Element:
    """Give the root of an XML file; entities of its own and whatever lies outside the file are refused.

    Raises
    ------
    Unreadable : it is cut, is no XML, or defines entities
    """
    try:
        root: Element = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Unreadable(ENTITIES) from error
    except ParseError as error:
        line = error.position[0]
        raise Unreadable(f"The file is no whole XML file: it ends or breaks off in line {line}.", line) from error
    except (ValueError, LookupError) as error:
        raise Unreadable(f"The file names an encoding that it is not in ({error}).") from error
    return root


def open_zip(content: bytes) -> zipfile.ZipFile:
    """Give an archive whose files, unpacked, stay within the limits.

    Raises
    ------
    Unreadable : it is cut, asks for a password, has names that lead outside, or grows too large when it is opened
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except ZIP_ERRORS as error:
        raise Unreadable("The file is cut or damaged: it is no whole zip archive.") from error
    if not all(member.filename for member in members):
        raise Unreadable("The file is damaged: the archive holds files without a name.")
    if any(member.flag_bits & 0x1 for member in members):
        raise Unreadable(LOCKED)
    if len(members) > MOST_MEMBERS:
        raise Unreadable(f"The archive holds {len(members):,} files; the most that are read is {MOST_MEMBERS:,}.")
    size = sum(member.file_size for member in members)
    if size > most_bytes() or size > MOST_GROWTH * max(len(content), MEGABYTE // 10):
        raise Unreadable(f"The file would grow to {size / MEGABYTE:,.0f} MB when it is opened; it was not.")
    if any(member.filename.startswith("/") or ".." in Path(member.filename).parts for member in members):
        raise Unreadable("The archive holds files that lead outside of it; it was not opened.")
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Give the content of one file of an archive.

    Raises
    ------
    Unreadable : it is damaged, or packed in a way that is not known
    """
    try:
        return archive.read(name)
    except ZIP_ERRORS as error:
        raise Unreadable(f"The file is cut or damaged: {name} in it cannot be unpacked.") from error


def refuse_entities(archive: zipfile.ZipFile) -> None:
    """Refuse an office file in which one of the XML files has a document type, entities, or an unusual encoding.

    Programs for spreadsheets write none of these, and which parser meets them later is not known here.

    Raises
    ------
    Unreadable : says so, or that a file of the archive is damaged
    """
    for member in archive.infolist():
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        content = read_member(archive, member.filename)
        declared = ENCODING.search(content[:200])
        if declared and declared.group(1).decode("latin-1").lower() not in OFFICE_ENCODINGS:
            raise Unreadable(f"{member.filename} in the file has an encoding that no spreadsheet program writes.")
        if DECLARATION.search(content):
            raise Unreadable(ENTITIES)
