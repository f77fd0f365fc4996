"""The elements of a RevMan 5 file, with the lines that they stand in, whatever dialect the file is written in."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import name2codepoint
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from evidence.importers.opening import Unreadable

OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,9});")
BLOCKS = frozenset({"P", "BR", "LI", "TR", "SUBSECTION", "HEADING", "DIV", "UL", "OL", "TABLE"})
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
BLOCK_MARKUP = re.compile(r"(?i)<(?:/p|br\s*/?|/li|/tr|/h[1-6]|/div)>")
DELETED = "DELETED"
ESCAPED = re.compile(r"_x([0-9a-fA-F]{4})_")


@dataclass(slots=True)
class Tree:
    """The elements of a file. Names are compared without namespaces and in capital letters."""

    root: Element
    lines: dict[Element, int] = field(default_factory=dict)

    def line(self, element: Element) -> int:
        """Give the line in which an element begins."""
        return self.lines.get(element, 1)


class _Builder(TreeBuilder):
    """A builder that notes the line of each element."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Element, int] = {}
        self.expat: Any = None

    def start(self, tag: Any, attrs: Any) -> Element:
        """Begin an element: names lose their namespace and are in capital letters."""
        plain = {_plain(name): value for name, value in attrs.items()}
        element: Element = super().start(_plain(tag), plain)
        self.lines[element] = self.expat.CurrentLineNumber
        return element


def _plain(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2].upper()


def read_tree(content: bytes) -> Tree:
    """Give the elements of an XML file; entities of its own and whatever lies outside the file are refused.

    Names of characters that HTML knows (such as &nbsp;) are understood, though XML does not know them.

    Raises
    ------
    Unreadable : it is cut, is no XML, or defines entities
    """
    builder = _Builder()
    parser: Any = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    builder.expat = parser.parser
    try:
        parser.feed(NAMED.sub(_numbered, content))
        root = parser.close()
    except DefusedXmlException as error:
        raise Unreadable(
            "The file defines entities of its own, or points to other files, which RevMan never does; it was not read."
        ) from error
    except ParseError as error:
        line = error.position[0]
        raise Unreadable(f"The file is no whole XML file: it ends or breaks off in line {line}.", line) from error
    except (ValueError, LookupError) as error:
        raise Unreadable(f"The file names an encoding that it is not in ({error}).") from error
    return Tree(root, builder.lines)


def _numbered(found: re.Match[bytes]) -> bytes:
    name = found[1].decode()
    return found[0] if name in OF_XML or name not in name2codepoint else b"&#%d;" % name2codepoint[name]


def child(element: Element | None, *path: str) -> Element | None:
    """Give the first element at the end of a path of names, None where there is none."""
    for name in path:
        element = None if element is None else element.find(name)
    return element


def text_of(element: Element | None) -> str:
    """Give the text of an element without its markup: a line for each paragraph, without what was deleted."""
    if element is None:
        return ""
    joined = "".join(_parts(element))
    if MARKUP.search(joined):
        joined = html.unescape(MARKUP.sub("", BLOCK_MARKUP.sub("\n", joined)))
    lines = (" ".join(line.split()) for line in joined.split("\n"))
    return "\n".join(filter(None, lines))


def _parts(element: Element) -> Iterator[str]:
    if element.tag == DELETED:
        return
    yield re.sub(r"\s+", " ", element.text or "")
    for one in element:
        yield from _parts(one)
        if one.tag in BLOCKS:
            yield "\n"
        yield re.sub(r"\s+", " ", one.tail or "")


def attribute(element: Element, *names: str) -> str:
    """Give the first of these attributes that says something, without spaces around it and "" where none does."""
    return next((text for name in names if (text := (element.get(name) or "").strip())), "")


def unescaped(identifier: str) -> str:
    """Give an identifier as people write it: El_x002d_Daher is El-Daher."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), identifier)


def key_of(identifier: str) -> str:
    """Give a study's identifier as it is compared: some files double the hyphens of one and not of the other."""
    return re.sub("-+", "-", unescaped(identifier))
