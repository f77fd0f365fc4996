"""Where a document was printed: journal, volume and pages, as databases write them."""

import re

from evidence.likeness.wording import WORD, fold, spelled

PAGE = re.compile(r"([a-z]*)0*(\d+)")
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
COUNT_OF_PAGES = re.compile(r"^\s*\d+\s*(?:p|pages?|pp|seiten|s)\.?\s*$", re.IGNORECASE)
LITTLE_WORDS = "the of and for in on a an de la le et und der die das des fur del y"
LITTLE = frozenset(LITTLE_WORDS.split())
PREPRINTS = ("medrxiv", "biorxiv", "arxiv", "researchsquare", "ssrn", "preprint", "psyarxiv", "osfpreprints")
PREPRINT_DOIS = ("10.1101/", "10.21203/", "10.31234/", "10.48550/", "10.20944/", "10.2139/", "10.31219/", "10.22541/")


def first_page(text: str) -> str:
    """Give the first page, "" where none can be read: 0123-129 is 123, e12 is 12, S12 is s12."""
    if COUNT_OF_PAGES.match(text):
        return ""
    found = PAGE.search(fold(text).replace("pp", " ").replace("page", " "))
    if found is None:
        return ""
    letters = "" if found[1] in ("e", "p", "pg", "art", "article", "no", "id") else found[1]
    return f"{letters}{found[2]}"


def volume_number(text: str) -> str:
    """Give the number of a volume, "" where there is none."""
    found = re.search(r"\d+", text)
    return str(int(found[0])) if found else ""


def journal_words(text: str) -> tuple[str, ...]:
    """Give the words of a journal's name that tell it from others."""
    plain = IN_BRACKETS.sub(" ", text)
    main = re.split(r"\s[:=/]\s|:\s|;|\s=", plain)[0]
    words = tuple(spelled(word) for word in WORD.findall(fold(main)))
    return tuple(word for word in words if word not in LITTLE) or words


def is_same_journal(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names, each whole, cut or as initials, can be of one journal."""
    if one == other:
        return True
    few, many = sorted((one, other), key=lambda words: (len(words), words))
    if len(few) == 1 and len(many) > 1 and few[0] == "".join(word[0] for word in many):
        return True
    if len(few) != len(many):
        return False
    return all(_is_cut(first, second) for first, second in zip(few, many, strict=True))


def _is_cut(one: str, other: str) -> bool:
    """Whether one word is the other cut short, or has its first letter and its letters in order: psychol, bjog."""
    short, long = sorted((one, other), key=len)
    if long.startswith(short):
        return True
    letters = iter(long)
    return len(short) > 2 and short[0] == long[0] and all(letter in letters for letter in short)


def is_preprint(journal: str, doi: str) -> bool:
    """Whether a record is of a server of preprints."""
    squeezed = "".join(WORD.findall(fold(journal)))
    return doi.startswith(PREPRINT_DOIS) or any(name in squeezed for name in PREPRINTS)
