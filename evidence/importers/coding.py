"""Codes made from names: the same name has the same code in every file, and two names never share one."""

import hashlib
import re
import unicodedata

LONGEST_CODE, LONGEST_STUDY, LONGEST_LABEL = 60, 80, 120
DIGITS = 6


def folded(name: str) -> str:
    """Give a name for comparison: without differences of case, of spaces or of the way letters are composed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def code_of(name: str) -> str:
    """Give the code of a name: its letters and digits with hyphens between them.

    Where that loses anything but case and spaces, or is too long, a digest of the name ends the code.
    """
    plain = folded(name)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    if slug.replace("-", " ") == plain and len(slug) <= LONGEST_CODE:
        return slug
    return f"{slug[: LONGEST_CODE - DIGITS - 1].rstrip('-')}-{digest(plain)}".lstrip("-")


def study_code(label: str) -> str:
    """Give the code of a study: its label with underscores for spaces, such as Aasa_2015."""
    plain = "_".join(unicodedata.normalize("NFC", label).split())
    return plain if len(plain) <= LONGEST_STUDY else f"{plain[: LONGEST_STUDY - DIGITS - 1]}_{digest(plain)}"


def short_label(label: str, longest: int = LONGEST_LABEL) -> str:
    """Give a label that fits: one that is too long is cut, and a digest of all of it ends it."""
    plain = " ".join(label.split())
    return plain if len(plain) <= longest else f"{plain[: longest - DIGITS - 3]}… {digest(plain)}"


def digest(text: str) -> str:
    """Give a few hexadecimal digits that tell one text from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
