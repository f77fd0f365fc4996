"""Files that nobody should send: made here, small, and each as bad as the real thing."""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = f'<?xml version="1.0"?>\n<!DOCTYPE z [<!ENTITY l0 "ha">{LAUGHS}]>\n<z>&l9;</z>'.encode()
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/hostname">]><z>&x;</z>'
PARAMETER = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><z/>'
FAR_DTD = b'<?xml version="1.0"?><!DOCTYPE z SYSTEM "http://127.0.0.1:9/x.dtd"><z><STUDY ID="1"/></z>'


def workbook(fill: Callable[[Any], None] | None = None, **options: Any) -> bytes:
    """Give an XLSX workbook with a header and a row, after `fill` was called with its sheet."""
    book = Workbook()
    for name, value in options.items():
        setattr(book, name, value)
    sheet = book.active
    assert sheet is not None
    sheet.append(["study", "n", "mean"])
    sheet.append(["Ito 2001", 38, 7.4])
    if fill is not None:
        fill(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Give the archive with some of its parts replaced or added."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return result.getvalue()


def sheet_xml(inside: str, *, after: str = "", before: str = "") -> bytes:
    """Give the XML of a sheet with these rows."""
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{inside}</sheetData>{after}</worksheet>'.encode()


def bomb(megabytes: int) -> bytes:
    """Give a real zip bomb: an XLSX whose sheet is so many megabytes of spaces, written without making them."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, check = b" " * (1 << 20), 0
    packed = b""
    for _ in range(megabytes):
        packed += press.compress(block)
        check = zlib.crc32(block, check)
    packed += press.flush()
    size, name = megabytes << 20, SHEET.encode()
    head = [20, 0, 8, 0, 0]
    local = b"PK\3\4" + b"".join(one.to_bytes(2, "little") for one in head)
    local += check.to_bytes(4, "little") + len(packed).to_bytes(4, "little") + size.to_bytes(4, "little")
    local += len(name).to_bytes(2, "little") + b"\0\0" + name
    central = b"PK\1\2" + (20).to_bytes(2, "little") + b"".join(one.to_bytes(2, "little") for one in head)
    central += check.to_bytes(4, "little") + len(packed).to_bytes(4, "little") + size.to_bytes(4, "little")
    central += len(name).to_bytes(2, "little") + b"\0" * 16 + name
    end = b"PK\5\6\0\0\0\0\1\0\1\0" + len(central).to_bytes(4, "little")
    end += (len(local) + len(packed)).to_bytes(4, "little") + b"\0\0"
    return local + packed + central + end


def nested(levels: int) -> bytes:
    """Give a zip in a zip in a zip ..., with a bomb at the bottom."""
    content = bomb(30)
    for _ in range(levels):
        result = io.BytesIO()
        with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.zip", content)
        content = result.getvalue()
    return content


def with_password(content: bytes) -> bytes:
    """Give the archive with its files marked as encrypted, in both of its lists."""
    marked = bytearray(content)
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        begin = 0
        while (begin := marked.find(signature, begin)) >= 0:
            marked[begin + place] |= 1
            begin += 4
    return bytes(marked)


# What a file in an OLE container (compound file binary) begins with, and its numbers for sectors that are no data.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SECTOR, FREE, END, TABLE = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
# Streams below this size would stand in a stream of their own for small ones.
SMALLEST = 4096


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Give an OLE container with up to three streams, each of 4,096 bytes and more."""
    sectors: list[bytes] = []
    table, entries = [TABLE, END], [_entry("Root Entry", 5, END, 0, child=1)]
    for number, (name, content) in enumerate(streams.items(), start=1):
        content = content.ljust(max(SMALLEST, -len(content) % SECTOR + len(content)), b"\0")
        begin, count = 2 + len(sectors), len(content) // SECTOR
        table += [*range(begin + 1, begin + count), END]
        sectors += [content[place : place + SECTOR] for place in range(0, len(content), SECTOR)]
        entries.append(_entry(name, 2, begin, len(content), right=number + 1 if number < len(streams) else FREE))
    entries += [bytes(128)] * (4 - len(entries))
    numbers = b"".join(one.to_bytes(4, "little") for one in table)
    head = OLE + bytes(16) + bytes.fromhex("3e000300feff0900060000000000000000000000")
    fields = (1, 1, 0, SMALLEST, END, 0, END, 0, 0)
    head += b"".join(one.to_bytes(4, "little") for one in fields)
    return head.ljust(SECTOR, b"\xff") + numbers.ljust(SECTOR, b"\xff") + b"".join(entries) + b"".join(sectors)


def _entry(name: str, kind: int, begin: int, size: int, *, child: int = FREE, right: int = FREE) -> bytes:
    """Give an entry of the directory of an OLE container."""
    words = name.encode("utf-16-le") + b"\0\0"
    links = b"".join(one.to_bytes(4, "little") for one in (FREE, right, child))
    entry = words.ljust(64, b"\0") + len(words).to_bytes(2, "little") + bytes([kind, 1]) + links
    return entry + bytes(36) + begin.to_bytes(4, "little") + size.to_bytes(8, "little")


def locked(content: bytes) -> bytes:
    """Give a workbook as spreadsheet programs save it with a password: two streams in an OLE container.

    How it is encrypted stands in one of them, as in ECMA-376 (agile encryption); the other holds the size of the
    workbook and then its bytes, here changed by a key that nobody keeps.
    """
    key = zlib.crc32(content).to_bytes(4, "big")
    changed = bytes(byte ^ key[place % 4] for place, byte in enumerate(content))
    how = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        b'<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption">'
        b'<keyData saltSize="16" blockSize="16" '
        b'keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" '
        b'saltValue="AAAAAAAAAAAAAAAAAAAAAA=="/></encryption>'
    )
    return ole(
        {
            "EncryptionInfo": bytes.fromhex("0400040040000000") + how.ljust(SMALLEST, b" "),
            "EncryptedPackage": len(content).to_bytes(8, "little") + changed,
        }
    )
