"""The table that says who may what: a line for each route, with a word for reading and one for sending."""

from pathlib import Path

from evidence.permissions import ACTS_BY_ROLE, Act

ROLES = ("viewer", "statistician", "reviewer", "adjudicator", "owner")
OTHER, ADMINISTRATOR = "owner of another", "administrator"
SIGNED_IN = ("stranger", OTHER, *ROLES, ADMINISTRATOR)
PEOPLE = ("nobody", *SIGNED_IN)
TABLE = Path(__file__).parent / "who_may.txt"
# Words for acts of a member; a star behind one says that a role in any review is enough.
ACTS = {
    "view": Act.VIEW,
    "record": Act.RECORD,
    "analyse": Act.ANALYSE,
    "adjudicate": Act.ADJUDICATE,
    "manage": Act.MANAGE,
}
OTHERS = {
    "–": frozenset(),
    "everybody": frozenset(PEOPLE),
    "without": frozenset({"nobody"}),
    "account": frozenset(SIGNED_IN),
    "site": frozenset({ADMINISTRATOR}),
}


def who(word: str) -> frozenset[str]:
    """Give the people whom a word of the table lets in; what roles may is asked of the program's own table."""
    if word in OTHERS:
        return OTHERS[word]
    act = ACTS[word.removesuffix("*")]
    people = {role for role in ROLES if act in ACTS_BY_ROLE[role]} | {ADMINISTRATOR}
    return frozenset(people | ({OTHER} if word.endswith("*") else set()))


def word_for(people: frozenset[str]) -> str:
    """Give the word of the table that lets in these people and nobody else, or their names where there is none."""
    words = [*OTHERS, *ACTS, *(f"{word}*" for word in ACTS)]
    return next((word for word in words if who(word) == people), "+".join(sorted(people)))


def lines() -> dict[str, tuple[str, str]]:
    """Give the words for GET and POST of each route of the table."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            get, post, route = line.split(maxsplit=2)
            found[route.strip('"')] = (get, post)
    return found
