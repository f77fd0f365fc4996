"""How a published snapshot is cited: as a sentence, in BibTeX and RIS, and as linked data of schema.org."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

TYPE = "Data set"
# What means something to TeX.
SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
LATIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation of a published snapshot is made of."""

    team: str
    title: str
    version: int
    published_on: date
    url: str
    digest: str
    abstract: str = ""

    @property
    def text(self) -> str:
        """One sentence for a list of references."""
        said = f"{self.team}. {self.title} [{TYPE.lower()}]. Version {self.version}. {self.published_on.isoformat()}"
        return f"{said}. {self.url} (SHA-256 {self.digest[:16]})."

    @property
    def bibtex(self) -> str:
        """An entry for BibTeX."""
        name = LATIN.sub("-", self.title.lower()).strip("-")[:40] or "snapshot"
        fields = {
            "author": f"{{{_tex(self.team)}}}",
            "title": f"{{{_tex(self.title)}}}",
            "year": str(self.published_on.year),
            "month": str(self.published_on.month),
            "version": str(self.version),
            "howpublished": f"\\url{{{self.url}}}",
            "note": f"{TYPE}, SHA-256 {self.digest}",
        }
        lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
        return f"@misc{{{name}-v{self.version},\n{lines}\n}}\n"

    @property
    def ris(self) -> str:
        """A record in RIS; each field is one line."""
        lines = [
            ("TY", "DATA"),
            ("AU", self.team),
            ("TI", self.title),
            ("PY", str(self.published_on.year)),
            ("DA", self.published_on.strftime("%Y/%m/%d")),
            ("ET", str(self.version)),
            ("UR", self.url),
            ("N1", f"SHA-256 {self.digest}"),
            *([("AB", self.abstract)] if self.abstract else []),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines)


def linked_data(citation: Citation, *, question: str, certainty: str, studies: Mapping[str, str]) -> dict[str, Any]:
    """Give a published snapshot as a data set of schema.org (JSON-LD, as plain data).

    Parameters
    ----------
    studies : what the pooled studies are cited as, by their label; a label where there is no citation
    """
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["Dataset", "MedicalScholarlyArticle"],
        "@id": citation.url,
        "url": citation.url,
        "name": citation.title,
        "headline": citation.title,
        "description": " ".join(filter(None, (question, citation.abstract))) or citation.title,
        "version": str(citation.version),
        "datePublished": citation.published_on.isoformat(),
        "creator": {"@type": "Organization", "name": citation.team},
        "author": {"@type": "Organization", "name": citation.team},
        "isAccessibleForFree": True,
        "identifier": [{"@type": "PropertyValue", "propertyID": "SHA-256", "value": citation.digest}],
        "citation": [text or label for label, text in studies.items()],
    }
    if certainty:
        measured = {"@type": "PropertyValue", "name": "Certainty of the evidence (GRADE)", "value": certainty}
        found["variableMeasured"] = [measured]
    return found


def _tex(text: str) -> str:
    return "".join(SPECIAL.get(character, character) for character in " ".join(text.split()))
