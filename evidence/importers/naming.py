"""Codes made from names: the same name gives the same code in every file, and two names never share one silently.

There are two ways to a code, and a format keeps to its own, so that what it brought in before is found again. `Names`
gives the codes of all names of a file beside those that the review has. `code_of` and `study_code` need the name alone.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Letters that no decomposition takes apart, and signs that tell names apart.
LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "đ": "d", "ı": "i"}
    | {"+": " plus ", "&": " and ", "<": " below ", ">": " above ", "%": " percent "}
)
LONGEST_CODE, LONGEST_STUDY, LONGEST_LABEL = 60, 80, 120
DIGITS = 6
CUT = DIGITS + 1


def alike(name: str) -> str:
    """Give what two spellings of one name share: case and the number of blanks do not count."""
    return " ".join(name.split()).casefold()


def folded(name: str) -> str:
    """Give a name for comparison: without differences of case, of spaces or of the way letters are composed."""
    return alike(unicodedata.normalize("NFKC", name))


def digest(text: str) -> str:
    """Give a few hexadecimal digits that tell one text from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def code_of(name: str) -> str:
    """Give the code of a name: its letters and digits with hyphens between them.

    Where that loses anything but case and spaces, or is too long, a digest of the name ends the code.
    """
    plain = folded(name)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    if code.replace("-", " ") == plain and len(code) <= LONGEST_CODE:
        return code
    return f"{code[: LONGEST_CODE - CUT].rstrip('-')}-{digest(plain)}".lstrip("-")


def study_code(label: str) -> str:
    """Give the code of a study: its label with underscores for spaces, such as Aasa_2015."""
    return _fitting("_".join(unicodedata.normalize("NFC", label).split()))


def study_code_without_marks(label: str) -> str:
    """Give the code of a study as tables of extraction name it: commas and slashes are underscores too."""
    plain = unicodedata.normalize("NFC", " ".join(label.split()))
    return _fitting(re.sub(r"[\s,;/\\]+", "_", plain).strip("_"))


def _fitting(code: str) -> str:
    """Give the code of a study that fits: of one that is too long a digest of all of it ends it."""
    return code if len(code) <= LONGEST_STUDY else f"{code[: LONGEST_STUDY - CUT]}_{digest(code)}"


def short_label(label: str, longest: int = LONGEST_LABEL) -> str:
    """Give a label that fits: one that is too long is cut, and a digest of all of it ends it."""
    plain = " ".join(label.split())
    return plain if len(plain) <= longest else f"{plain[: longest - DIGITS - 3]}… {digest(plain)}"


def slug(name: str, *, longest: int = LONGEST_CODE, keeps_case: bool = False) -> str:
    """Give a code of plain letters, digits and hyphens; a name that is too long for one ends in a digest."""
    plain = unicodedata.normalize("NFKD", name.translate(LETTERS)).encode("ascii", "ignore").decode()
    code = re.sub("[^A-Za-z0-9_]+", "-", plain).strip("-")
    code = code if keeps_case else code.lower()
    if not code:
        return f"x-{digest(alike(name))}"
    return code if len(code) <= longest else f"{code[: longest - CUT].strip('-')}-{digest(alike(name))}"


@dataclass(slots=True)
class Names:
    """Names on their way to codes; `known` are the codes that the review has, with their names.

    A code that the review has stays with what it stands for there. Of two new names that would get the same code, the
    later in the alphabet gets one that ends in a digest. `told` are sentences about names that were taken for others;
    where the review is known to have words of its own for the codes (`has_own_words`), its names say nothing.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    longest: int = LONGEST_CODE
    keeps_case: bool = False
    has_own_words: bool = False
    told: list[str] = field(default_factory=list)

    def codes(self, names: Iterable[str]) -> dict[str, str]:
        """Give the code of each name."""
        spellings: dict[str, list[str]] = defaultdict(list)
        for name in sorted(set(names)):
            spellings[alike(name)].append(name)
        by_slug: dict[str, list[str]] = defaultdict(list)
        for _, group in sorted(spellings.items()):
            by_slug[slug(group[0], longest=self.longest, keeps_case=self.keeps_case)].append(group[0])
        found: dict[str, str] = {}
        for code, group in by_slug.items():
            owner = self._owner(code, group)
            for name in group:
                given = code if name == owner else self._other(code, name)
                found |= dict.fromkeys(spellings[alike(name)], given)
        return found

    def _owner(self, code: str, names: list[str]) -> str | None:
        """Give which of the names has the plain code, None where it belongs to a name that is not among them."""
        free = [name for name in names if self._other(code, name) not in self.known]
        stored = self.known.get(code)
        if stored is None or self.has_own_words:
            return free[0] if free else None
        same = [name for name in free if alike(name) == alike(stored)]
        if not same and len(free) == 1:
            self.told.append(f"“{free[0]}” was taken for “{stored}”, which the review has under the code {code}.")
            return free[0]
        return same[0] if same else None

    def _other(self, code: str, name: str) -> str:
        return f"{code[: self.longest - CUT]}-{digest(alike(name))}"
