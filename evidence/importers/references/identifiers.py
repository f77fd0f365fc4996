"""DOIs, PMIDs and numbers of databases, found where databases and programs put them."""

import re
from urllib.parse import unquote

from evidence.models import Record

LONGEST_DOI = Record._meta.get_field("doi").max_length or 0
LONGEST_ACCESSION = Record._meta.get_field("accession").max_length or 0

# In a field for DOIs everything up to a space belongs to it; older ones hold brackets and angles.
DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")
# In an address or a sentence it ends where the address goes on or the sentence ends.
DOI_IN_LINK = re.compile(
    r"(?:doi\.org/|doi[:=]\s*|/doi/(?:abs/|full/|pdf/|epdf/)?|^)(10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\"<>&?#]+)",
    re.IGNORECASE,
)
PMID = re.compile(
    r"(?:(?:PMID|PubMed(?: ID)?|MEDLINE)\s*[:#]?\s*)?([1-9][0-9]{0,7})(?:\.0)?(?:\s*[\[(].*)?", re.IGNORECASE
)
PMID_IN_LINK = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?|(?:PMID|PubMed(?: ID)?)\s*[:#=]\s*"
    r"|\bPUBMED )([1-9][0-9]{0,7})(?![0-9])",
    re.IGNORECASE,
)
EID = re.compile(r"2-s2\.0-[0-9]{6,}")
# Numbers that say themselves where they are from: CENTRAL, Web of Science, Scopus, Embase, registers of trials.
OWN_NUMBER = re.compile(
    r"(?:CN-[0-9]{6,}|CD[0-9]{6}|WOS:[A-Z0-9]+|[A-Z]{3,8}:[A-Z]{0,4}[0-9]{8,}|2-s2\.0-[0-9]{6,}|L[0-9]{7,}"
    r"|NCT[0-9]{8}|ISRCTN[0-9]{6,})"
)
# Databases whose numbers are PMIDs.
PUBMED = re.compile(r"pubmed|medline|\bNLM\b", re.IGNORECASE)
EDGES = ".,;:'\"”’"
CLOSING = {")": "(", "]": "[", "}": "{"}


def doi_in(text: str) -> str:
    """Give the DOI of a field that holds one, "" where it is none."""
    text = unquote(text) if "%" in text and "/10." in text else text
    found = DOI.search(text)
    return _without_edges(found[0]) if found else ""


def doi_in_link(text: str) -> str:
    """Give the DOI that stands in an address, or in a text that says that it is one."""
    found = DOI_IN_LINK.search(unquote(text).strip())
    return _without_edges(found[1]) if found else ""


def pmid_in(text: str) -> str:
    """Give the PMID of a field that holds one, "" where it is none."""
    found = PMID.fullmatch(text.strip())
    return found[1] if found else pmid_in_link(text)


def pmid_in_link(text: str) -> str:
    """Give the PMID that stands in an address of PubMed, or in a text that says that it is one."""
    found = PMID_IN_LINK.search(text)
    return found[1] if found else ""


def accession_in(text: str) -> str:
    """Give the number of Scopus that stands in an address."""
    found = EID.search(text)
    return found[0] if found else ""


def own_number(text: str) -> str:
    """Give a number that says which database it is from, "" for one that could be anybody's, such as 17."""
    found = OWN_NUMBER.fullmatch(text.strip())
    return found[0] if found else ""


def has_pmids(database: str) -> bool:
    """Whether the numbers of a database are PMIDs."""
    return PUBMED.search(database) is not None


def _without_edges(doi: str) -> str:
    """Give a DOI without what a sentence or brackets around it have left at its end; one that is too long as it is."""
    while doi and len(doi) <= 2 * LONGEST_DOI:
        last = doi[-1]
        is_alone = last in CLOSING and doi.count(last) > doi.count(CLOSING[last])
        if last not in EDGES and not is_alone:
            break
        doi = doi[:-1]
    return doi if "/" in doi and not doi.endswith("/") else ""
