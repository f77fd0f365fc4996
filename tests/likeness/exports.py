"""Records of real exports that the tests are given; read here without the importers, which are tested elsewhere."""

import csv
import os
import re
from pathlib import Path

from evidence.likeness import Citation

NEXT_DOOR = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("QUORUM_TEST_DATA", NEXT_DOOR)) / "test_only"
NAMES = ("asysd_scopus.ris", "asysd_wos_test.ris", "hawc_sample_ris.txt", "prisma2020_citation.ris")
RELEASE = "depression-psyctr_2024.csv"
LINE = re.compile(r"^([A-Z][A-Z0-9])\s{1,2}- ?(.*)$")
# Authors (year). Title. The rest; or: Authors. Title. The rest.
WITH_YEAR = re.compile(r"^(.*?)\s*\(((?:19|20)\d\d)[^)]*\)\.?\s*[\"“]?(.+?[.?!])[\"”]?\s+(.*)$")
WITHOUT = re.compile(r"^([^.]+?(?:et al)?)\.\s+(.+?[.?!])\s+(.*)$")
PLACE = re.compile(r"(\d+)\s*(?:\([^)]*\))?\s*[:,]\s*([eES]?\d\w*(?:\s*[-–‐]\s*\w+)?)")


def are_here() -> bool:
    """Whether the exports are on this machine."""
    return all((FOLDER / "citations" / name).is_file() for name in NAMES) and (FOLDER / "metapsy" / RELEASE).is_file()


def exports() -> list[Citation]:
    """Give the records of Scopus, Web of Science, Embase, PubMed and Zenodo."""
    found: list[Citation] = []
    for name in NAMES:
        tags: dict[str, list[str]] = {}
        text = (FOLDER / "citations" / name).read_text(encoding="utf-8-sig", errors="replace")
        for tag, value in (line.groups() for line in map(LINE.match, text.splitlines()) if line):
            if tag == "TY":
                tags = {}
            elif tag == "ER":
                found.append(_citation(len(found), tags, name))
            else:
                tags.setdefault(tag, []).append(value.strip())
    return found


def _citation(key: int, tags: dict[str, list[str]], name: str) -> Citation:
    def first(*wanted: str) -> str:
        return next((tags[tag][0] for tag in wanted if tags.get(tag)), "")

    year = re.search(r"\d{4}", first("PY", "Y1"))
    return Citation(
        key=key,
        title=first("TI", "T1"),
        authors="; ".join(tags.get("AU", [])),
        year=int(year[0]) if year else None,
        journal=first("T2", "JO", "J2"),
        volume=first("VL"),
        pages="-".join(filter(None, (first("SP"), first("EP")))) or first("C7"),
        doi=first("DO"),
        pmid=re.sub(r"\D.*", "", first("PM")),
        accession=first("AN"),
        database=first("DB") or name,
    )


def references() -> list[Citation]:
    """Give the references of the trials of a living review, one for each study, in the styles that they stand in."""
    by_study: dict[str, str] = {}
    with (FOLDER / "metapsy" / RELEASE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            by_study.setdefault(row["study"], " ".join(row["full_ref"].split()))
    read = (read_reference(key, text) for key, (_, text) in enumerate(sorted(by_study.items())))
    return [one for one in read if one is not None]


def read_reference(key: int, text: str) -> Citation | None:
    """Give a reference in words as a record, None where its parts cannot be told apart."""
    doi = re.search(r"10\.\d{4,9}/\S+", text)
    if found := WITH_YEAR.match(text):
        authors, year, title, rest = found.groups()
    elif found := WITHOUT.match(text):
        authors, title, rest = found.groups()
        year = (re.search(r"(?:19|20)\d\d", rest) or [""])[0]
    else:
        return None
    place = PLACE.search(re.split(r"doi|https", rest)[0])
    return Citation(
        key=key,
        title=title.rstrip("."),
        authors=authors,
        year=int(year) if year else None,
        journal=re.split(r"[,.;\d]", rest)[0].strip(),
        volume=place[1] if place else "",
        pages=place[2] if place else "",
        doi=doi[0] if doi else "",
    )
