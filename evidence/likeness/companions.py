"""Studies that may be one trial: proposed, with reasons, for a person to decide. Nothing is joined by itself.

Two studies are proposed where they share an identifier (a registration number, or the DOI or PMID of a report), or
where they have as many participants and enough besides agrees (NEEDED points) that two trials would hardly share by
chance. What disagrees takes points away: one group of authors runs several trials, which differ in their numbers.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from evidence.likeness.naming import is_same_person, names_in
from evidence.likeness.registers import registrations_in
from evidence.likeness.wording import words_of

NEEDED = 4
# Reports of one trial are rarely further apart.
MOST_YEARS = 12
# How far a mean age (years) and a share of women (points of percent) of one trial may differ between its reports.
SAME_AGE, SAME_SHARE = 0.5, 0.5
OTHER_AGE, OTHER_SHARE = 1.5, 3.0
MOST_NUMBERS = 2


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What is known of a study that tells trials apart.

    Parameters
    ----------
    key : what the caller knows it by
    label : how it is called, such as Aasa 2015
    texts : where registration numbers may stand: registration, notes, citations, abstracts
    identifiers : DOIs and PMIDs of its reports
    arms : participants randomised by arm, None where not known
    women : percent of women
    numbers : other numbers about the participants and what they received, by name
    setting : country, clinic or the like, in words
    """

    key: int
    label: str
    year: int | None = None
    authors: str = ""
    texts: tuple[str, ...] = ()
    identifiers: frozenset[str] = frozenset()
    participants: int | None = None
    arms: tuple[int | None, ...] = ()
    age: float | None = None
    women: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    setting: str = ""


@dataclass(frozen=True, slots=True)
class CompanionProposal:
    """Two studies that may be one trial: the one that was reported first, the later one, and why."""

    first: int
    later: int
    points: int
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def propose_companions(
    studies: Iterable[StudyFacts], *, apart: frozenset[tuple[int, int]] = frozenset()
) -> tuple[CompanionProposal, ...]:
    """Propose pairs of studies that may be one trial, the likeliest first.

    Each pair is judged by itself: the order of the studies changes nothing, and a further study changes no other pair.
    `apart` holds pairs of keys, the smaller first, that are not to be proposed.
    """
    known = {study.key: study for study in studies}
    registered = {key: _registrations(study) for key, study in known.items()}
    found = []
    for first, second in sorted(_looked_at(known, registered)):
        if (first, second) not in apart:
            proposal = _judge(known[first], known[second], registered[first], registered[second])
            if proposal is not None:
                found.append(proposal)
    return tuple(sorted(found, key=lambda one: (-one.points, one.first, one.later)))


def _registrations(study: StudyFacts) -> frozenset[str]:
    return registrations_in("\n".join(study.texts))


def _looked_at(studies: Mapping[int, StudyFacts], registered: Mapping[int, frozenset[str]]) -> set[tuple[int, int]]:
    """Give the pairs that share an identifier or their number of participants: no other can be proposed."""
    blocks: defaultdict[Hashable, list[int]] = defaultdict(list)
    for key, study in studies.items():
        for name in (*registered[key], *study.identifiers, *filter(None, [_size(study)])):
            blocks[name].append(key)
    return {(min(pair), max(pair)) for block in blocks.values() for pair in combinations(block, 2)}


def _size(study: StudyFacts) -> int | None:
    if study.participants is not None:
        return study.participants
    sizes = [size for size in study.arms if size is not None]
    return sum(sizes) if sizes and len(sizes) == len(study.arms) else None


def _judge(
    one: StudyFacts, other: StudyFacts, ones: frozenset[str], others: frozenset[str]
) -> CompanionProposal | None:
    first, later = sorted((one, other), key=lambda study: (study.year or 9999, study.key))
    shared = [f"registered as {number}" for number in sorted(ones & others)]
    shared += [f"both have the report {number}" for number in sorted(one.identifiers & other.identifiers)]
    seen = [(NEEDED, words) for words in shared[:1]] + [(0, words) for words in shared[1:]]
    seen += list(_agreements(first, later))
    if ones and others and not ones & others:
        seen.append((-NEEDED, f"registered as {', '.join(sorted(ones))} and as {', '.join(sorted(others))}"))
    if first.year and later.year and later.year - first.year > MOST_YEARS:
        seen.append((-2, f"{later.year - first.year} years between the reports"))
    points = sum(worth for worth, _ in seen)
    if not shared and points < NEEDED:
        return None
    return CompanionProposal(
        first=first.key,
        later=later.key,
        points=points,
        speaks_for=tuple(words for worth, words in seen if worth >= 0),
        speaks_against=tuple(words for worth, words in seen if worth < 0),
    )


def _agreements(one: StudyFacts, other: StudyFacts) -> Iterator[tuple[int, str]]:
    """Give what agrees and what does not, each with its points and in words."""
    yield from _of_sizes(one, other)
    yield from _of_means("mean age", "years", one.age, other.age, SAME_AGE, OTHER_AGE)
    yield from _of_means("women", "%", one.women, other.women, SAME_SHARE, OTHER_SHARE)
    equal = [name for name in sorted(one.numbers) if one.numbers[name] == other.numbers.get(name)]
    for place, name in enumerate(equal):
        yield int(place == MOST_NUMBERS - 1), f"{name}: {_said(one.numbers[name])} in both"
    yield from _of_authors(one, other)
    if one.setting and words_of(one.setting) == words_of(other.setting):
        yield 0, f"setting: {one.setting} in both"


def _of_sizes(one: StudyFacts, other: StudyFacts) -> Iterator[tuple[int, str]]:
    sizes = _size(one), _size(other)
    if None not in sizes:
        if sizes[0] == sizes[1]:
            yield 1, f"{sizes[0]} participants in both"
        else:
            yield -2, f"{sizes[0]} and {sizes[1]} participants"
    if len(one.arms) > 1 and len(other.arms) > 1:
        if len(one.arms) != len(other.arms):
            yield -1, f"{len(one.arms)} and {len(other.arms)} arms"
        elif None not in (*one.arms, *other.arms):
            equal = sorted(size or 0 for size in one.arms) == sorted(size or 0 for size in other.arms)
            of_both = f"{_listed(one.arms)} in both" if equal else f"{_listed(one.arms)}, and {_listed(other.arms)}"
            yield (1 if equal else -1), f"arms of {of_both}"


def _of_means(
    name: str, unit: str, one: float | None, other: float | None, same: float, far: float
) -> Iterator[tuple[int, str]]:
    """Two printed means agree where one may be the other rounded; they disagree where they are far apart."""
    if one is None or other is None:
        return
    is_rounded = float(one).is_integer() or float(other).is_integer()
    if one == other or (is_rounded and abs(one - other) <= same):
        both = f"{_said(one)} {unit}" if one == other else f"{_said(one)} and {_said(other)} {unit}"
        yield 1, f"{name}: {both}{' in both' if one == other else ''}"
    elif abs(one - other) > far:
        yield -2, f"{name}: {_said(one)} and {_said(other)} {unit}"


def _of_authors(one: StudyFacts, other: StudyFacts) -> Iterator[tuple[int, str]]:
    ones, others = names_in(one.authors), names_in(other.authors)
    common = [name for name in ones if any(is_same_person(name, candidate) for candidate in others)]
    if common:
        yield 1, f"authors in common: {', '.join(name.shown for name in common[:3])}"


def _listed(arms: Sequence[int | None]) -> str:
    *most, last = [str(size) for size in arms]
    return f"{', '.join(most)} and {last}"


def _said(number: float) -> str:
    return f"{number:g}"
