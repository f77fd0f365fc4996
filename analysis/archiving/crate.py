"""The description of a bundle as RO-Crate 1.1, which archives and search engines for research data read.

References
----------
Soiland-Reyes et al. (2022), https://doi.org/10.3233/DS-210053; specification: https://w3id.org/ro/crate/1.1
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from analysis.archiving.contents import (
    ANALYSES,
    CRATE,
    DICTIONARY,
    EVIDENCE,
    FIGURES,
    FREEZES,
    README,
    SNAPSHOTS,
    TABLES,
)

SPECIFICATION = "https://w3id.org/ro/crate/1.1"
# The context of RO-Crate 1.1 has no word for digests; schema.org has.
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "https://schema.org/sha256"}]
TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "md": "text/markdown",
    "txt": "text/plain",
    "R": "text/x-r-source",
    "py": "text/x-python",
}
FOLDERS = {
    EVIDENCE: ("Evidence", "What is agreed in the review: a review folder of tables, as Quorum reads them."),
    SNAPSHOTS: ("Snapshots", "Every version of every analysis: its effects, its results and what recomputes them."),
    FREEZES: ("Frozen evidence", "The evidence of the review at the times at which snapshots were made."),
    FIGURES: ("Figures", "The figures of the newest snapshot of each analysis."),
    TABLES: ("Tables", "The Summary of Findings and the evidence profile."),
}
NAMES = {
    README: "What is in this bundle, and how to read it",
    DICTIONARY: "Data dictionary: what each column of the evidence holds",
    ANALYSES: "The plan: analyses with their rules, plugins and parameters",
}


class Entry(NamedTuple):
    """A file of a bundle: its SHA-256 and its size in bytes."""

    sha256: str
    size: int


class About(NamedTuple):
    """What a bundle says of the review it holds."""

    title: str
    description: str
    identifier: str
    keywords: str
    published: str
    licence: str = ""


def write_crate(about: About, files: Mapping[str, Entry]) -> str:
    """Give the text of ro-crate-metadata.json for these files."""
    folders = sorted({name.split("/")[0] for name in files if "/" in name})
    single = sorted(name for name in files if "/" not in name)
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title,
        "description": about.description or about.title,
        "datePublished": about.published,
        "keywords": about.keywords,
        "hasPart": [{"@id": quote(f"{name}/")} for name in folders] + [{"@id": quote(name)} for name in single],
    }
    if about.identifier:
        root["identifier"] = about.identifier
    if about.licence:
        root["license"] = {"@id": about.licence}
    graph: list[dict[str, Any]] = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": SPECIFICATION},
        },
        root,
        *(_folder(name, files) for name in folders),
        *(_file(name, files[name]) for name in sorted(files)),
    ]
    if about.licence:
        graph.append({"@id": about.licence, "@type": "CreativeWork", "name": about.licence})
    return json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _folder(name: str, files: Mapping[str, Entry]) -> dict[str, Any]:
    title, words = FOLDERS.get(name, (name, name))
    inside = sorted(one for one in files if one.startswith(f"{name}/"))
    return {
        "@id": quote(f"{name}/"),
        "@type": "Dataset",
        "name": title,
        "description": words,
        "hasPart": [{"@id": quote(one)} for one in inside],
    }


def _file(name: str, entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": quote(name), "@type": "File", "name": NAMES.get(name, name)}
    kind = TYPES.get(name.rpartition(".")[2])
    if kind is not None:
        found["encodingFormat"] = kind
    return found | {"contentSize": str(entry.size), "sha256": entry.sha256}
