"""Numbers of one study that stand in another one too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from evidence.doubts.doubt import Doubt, Kind, as_text, printed
from evidence.doubts.printed import ArmNumbers, StudyNumbers

ENOUGH_DIGITS = 6
"""Digits of a mean and an SD together that two studies hardly share by chance along with n."""
ENOUGH_ROWS = 2
"""So many rows of two studies with the same three numbers are asked about, however short the numbers are."""
Numbers = tuple[int, Decimal, Decimal]


def repeated(studies: Iterable[StudyNumbers]) -> Iterator[tuple[StudyNumbers, ArmNumbers, Doubt]]:
    """Give the rows whose n, mean and SD stand in another study too that is no companion of theirs.

    One such row is asked about where its numbers have many digits; two are in any case.
    """
    places: dict[Numbers, list[tuple[StudyNumbers, ArmNumbers]]] = defaultdict(list)
    for study in studies:
        for row in study.results:
            if row.n is not None and row.mean is not None and row.sd is not None:
                places[row.n, row.mean, row.sd].append((study, row))
    shared: dict[frozenset[str], set[Numbers]] = defaultdict(set)
    for numbers, found in places.items():
        for study, _ in found:
            for other, _ in found:
                if study.family != other.family:
                    shared[frozenset({study.code, other.code})].add(numbers)
    for numbers, found in places.items():
        for study, row in found:
            others = [
                (other, elsewhere)
                for other, elsewhere in found
                if other.family != study.family and _is_enough(numbers, shared[frozenset({study.code, other.code})])
            ]
            if others:
                yield study, row, _doubt(row, *others[0])


def _is_enough(numbers: Numbers, shared: set[Numbers]) -> bool:
    return len(shared) >= ENOUGH_ROWS or _digits(numbers[1]) + _digits(numbers[2]) >= ENOUGH_DIGITS


def _digits(value: Decimal) -> int:
    """Give how many digits say something; a zero at the end is counted only after the point."""
    return len(value.as_tuple().digits)


def _doubt(row: ArmNumbers, other: StudyNumbers, elsewhere: ArmNumbers) -> Doubt:
    sentence = (
        f"n = {row.n}, mean {as_text(row.mean or 0)} and SD {as_text(row.sd or 0)} also stand in {other.label} "
        f"({elsewhere.name}, {elsewhere.at.in_words}). Are these the same people, or was a row copied?"
    )
    return Doubt(Kind.REPEATED, sentence, (*printed(n=row.n, mean=row.mean, sd=row.sd), ("in", other.code)))
