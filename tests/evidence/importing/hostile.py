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
