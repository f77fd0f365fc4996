"""Reading a RevMan 5 file (.rm5): studies, references, characteristics, risk of bias and analyses."""

import re
from xml.etree.ElementTree import Element

from evidence.importers.opening import Unreadable
from evidence.importers.revman.content import Content, Opinion, Reference, Section, SourceStudy
from evidence.importers.revman.rm5_analyses import read_analyses
from evidence.importers.revman.tree import Tree, attribute, child, key_of, read_tree, text_of, unescaped

ROOT = "COCHRANE_REVIEW"
SECTIONS = {
    "INCLUDED_STUDIES": Section.INCLUDED,
    "EXCLUDED_STUDIES": Section.EXCLUDED,
    "AWAITING_STUDIES": Section.AWAITING,
    "ONGOING_STUDIES": Section.ONGOING,
}
HEADINGS = {
    "CHAR_METHODS": "Methods",
    "CHAR_PARTICIPANTS": "Participants",
    "CHAR_INTERVENTIONS": "Interventions",
    "CHAR_OUTCOMES": "Outcomes",
    "CHAR_NOTES": "Notes",
    "CHAR_REASON_FOR_EXCLUSION": "Reason for exclusion",
    "CHAR_STUDY_NAME": "Study name",
    "CHAR_STARTING_DATE": "Starting date",
    "CHAR_CONTACT_INFORMATION": "Contact information",
    "CHAR_USER_DEF_1": "Further information 1",
    "CHAR_USER_DEF_2": "Further information 2",
    "CHAR_USER_DEF_3": "Further information 3",
}
YEAR = re.compile(r"(?<![0-9])(1[89]|20)[0-9]{2}(?![0-9])")
DOI = re.compile(r"10\.[0-9]{4,9}/\S+")


def read_rm5(content: bytes) -> Content:
    """Give what a RevMan 5 file holds.

    Raises
    ------
    Unreadable : it is no XML file, or not one of RevMan 5
    """
    tree = read_tree(content)
    if tree.root.tag != ROOT:
        raise Unreadable(
            f"The file is XML, but not RevMan's: it begins with <{tree.root.tag.lower()}>, not <{ROOT}>.", 1
        )
    found = Content()
    for section in tree.root.iter():
        if section.tag in SECTIONS:
            _read_studies(tree, section, SECTIONS[section.tag], found)
    _read_characteristics(tree, found)
    _read_opinions(tree, found)
    read_analyses(tree, found)
    if attribute(tree.root, "TYPE") == "DIAGNOSTIC" or tree.root.find(".//TEST_DATA_ENTRY") is not None:
        found.notes.append("The file holds data of diagnostic accuracy (true and false positives), which are not read.")
    return found


def _read_studies(tree: Tree, section: Element, where: Section, found: Content) -> None:
    for element in section.findall("STUDY"):
        identifier = attribute(element, "ID")
        name = attribute(element, "NAME") or unescaped(identifier.removeprefix("STD-")).replace("-", " ")
        year = YEAR.search(attribute(element, "YEAR"))
        study = SourceStudy(tree.line(element), " ".join(name.split()), year[0] if year else "", where)
        study.identifiers = _identifiers(element)
        study.references = [_reference(tree, one) for one in element.findall("REFERENCE")]
        found.studies[key_of(identifier) or study.name] = study


def _identifiers(element: Element) -> dict[str, str]:
    """Give the identifiers of an element by type; of two with one type the first."""
    found: dict[str, str] = {}
    for one in element.findall("IDENTIFIERS/IDENTIFIER"):
        value = attribute(one, "VALUE") or text_of(one)
        if value:
            found.setdefault(attribute(one, "TYPE").upper() or "OTHER", value)
    doi = attribute(element, "DOI")
    if doi:
        found.setdefault("DOI", doi)
    return found


def _reference(tree: Tree, element: Element) -> Reference:
    parts = {one.tag: " ".join(text_of(one).split()) for one in element}
    year = YEAR.search(parts.get("YR", ""))
    return Reference(
        line=tree.line(element),
        citation=citation_of(parts),
        year=year[0] if year else "",
        is_primary=attribute(element, "PRIMARY") == "YES",
        identifiers=_identifiers(element),
    )


def citation_of(parts: dict[str, str]) -> str:
    """Give the citation of a reference: authors, title, source, year, volume, number and pages."""
    title = parts.get("TI") or parts.get("TO", "")
    source = ", ".join(filter(None, (parts.get("SO"), parts.get("EN"), parts.get("PB"), parts.get("CY"))))
    number = f"({parts['NO']})" if parts.get("NO") else ""
    volume = f"{parts.get('VL', '')}{number}"
    when = parts.get("YR", "") + (f";{volume}" if volume else "") + (f":{parts['PG']}" if parts.get("PG") else "")
    sentences = (parts.get("AU", ""), title, " ".join(filter(None, (source, when))))
    return " ".join(one if one.endswith((".", "?", "!")) else f"{one}." for one in sentences if one)


def _read_characteristics(tree: Tree, found: Content) -> None:
    """Add to each study what its table of characteristics says."""
    for element in tree.root.iter():
        if not element.tag.endswith("_CHAR"):
            continue
        study = found.studies.get(key_of(attribute(element, "STUDY_ID")))
        if study is None:
            continue
        for part in element:
            heading = HEADINGS.get(part.tag, part.tag.removeprefix("CHAR_").replace("_", " ").capitalize())
            text = text_of(part)
            if text:
                study.described[heading] = text


def _read_opinions(tree: Tree, found: Content) -> None:
    """Add the judgements of the risk of bias tables."""
    for item in tree.root.iter("QUALITY_ITEM"):
        name = " ".join(text_of(item.find("NAME")).split()) or attribute(item, "ID")
        groups = {
            attribute(one, "ID"): " ".join(text_of(one.find("NAME")).split())
            for one in item.iter("QUALITY_ITEM_DATA_ENTRY_GROUP")
        }
        for entry in item.iter("QUALITY_ITEM_DATA_ENTRY"):
            found.opinions.append(
                Opinion(
                    line=tree.line(entry),
                    study=key_of(attribute(entry, "STUDY_ID")),
                    item=name,
                    result=attribute(entry, "RESULT").upper(),
                    text=text_of(child(entry, "DESCRIPTION")),
                    group=groups.get(attribute(entry, "GROUP_ID"), ""),
                )
            )
