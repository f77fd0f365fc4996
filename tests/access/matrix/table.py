"""The table that says who may what: a line for each route, with a word for reading and one for sending."""

from pathlib import Path

from evidence.permissions import ACTS_BY_ROLE, Act

ROLES = ("viewer", "statistician", "reviewer", "adjudicator", "owner")
OTHER, ADMINISTRATOR, HALF_IN = "owner of another", "administrator", "owner before the code"
SIGNED_IN = ("stranger", OTHER, *ROLES, ADMINISTRATOR)
PEOPLE = ("nobody", HALF_IN, *SIGNED_IN)
READING, OTHER_VERBS = ("GET", "POST"), ("PUT", "PATCH", "DELETE")
VERBS = (*READING, *OTHER_VERBS)
# Words that let somebody look only: who is let in by one writes nothing.
LOOKING = {"everybody", "without", "half", "signed", "account", "view", "view*"}
TABLE = Path(__file__).parent / "who_may.txt"
# Words for acts of a member; a star behind one says that a role in any review is enough.
ACTS = {act.name.lower(): act for act in Act}
# The rows of the walk that are a person's own are those of the owner.
OTHERS = {
    "–": frozenset(),
    "everybody": frozenset({"nobody", *SIGNED_IN}),
    "without": frozenset({"nobody"}),
    "half": frozenset({HALF_IN}),
    "signed": frozenset({HALF_IN, *SIGNED_IN}),
    "account": frozenset(SIGNED_IN),
    "own": frozenset({"owner"}),
    "own+site": frozenset({"owner", ADMINISTRATOR}),
    "site": frozenset({ADMINISTRATOR}),
}


def who(word: str) -> frozenset[str]:
    """Give the people whom a word of the table lets in; what roles may is asked of the program's own table."""
    if word in OTHERS:
        return OTHERS[word]
    act = ACTS[word.removesuffix("*")]
    people = {role for role in ROLES if act in ACTS_BY_ROLE[role]} | {ADMINISTRATOR}
    return frozenset(people | ({OTHER} if word.endswith("*") else set()))


def lines() -> dict[str, tuple[str, str]]:
    """Give the words for GET and POST of each route of the table."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            get, post, route = line.split(maxsplit=2)
            found[route.strip('"')] = (get, post)
    return found


def triples() -> int:
    """Give how many triples of person, address and verb there are."""
    return len(PEOPLE) * len(VERBS) * len(lines())
