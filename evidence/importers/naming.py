"""Codes made from names: the same name gives the same code in every file, and two names never share one silently."""

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
CUT = 7


def alike(name: str) -> str:
    """Give what two spellings of one name share: case and the number of blanks do not count."""
    return " ".join(name.split()).casefold()


def digest(name: str) -> str:
    """Give six signs that stand for a name."""
    return hashlib.sha256(alike(name).encode()).hexdigest()[: CUT - 1]


def slug(name: str, *, longest: int = 60, keeps_case: bool = False) -> str:
    """Give a code of plain letters, digits and hyphens; a name that is too long for one ends in a digest."""
    plain = unicodedata.normalize("NFKD", name.translate(LETTERS)).encode("ascii", "ignore").decode()
    code = re.sub("[^A-Za-z0-9_]+", "-", plain).strip("-")
    code = code if keeps_case else code.lower()
    if not code:
        return f"x-{digest(name)}"
    return code if len(code) <= longest else f"{code[: longest - CUT].strip('-')}-{digest(name)}"


@dataclass(slots=True)
class Names:
    """Names on their way to codes; `known` are the codes that the review has, with their names.

    A code that the review has stays with what it stands for there. Of two new names that would get the same code, the
    later in the alphabet gets one that ends in a digest. `told` are sentences about names that were taken for others;
    where the review is known to have words of its own for the codes (`has_own_words`), its names say nothing.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    longest: int = 60
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
        return f"{code[: self.longest - CUT]}-{digest(name)}"
