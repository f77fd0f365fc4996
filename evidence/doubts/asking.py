"""All doubts about the studies of a review: each test asked of every row that has its numbers."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from itertools import combinations

from evidence.doubts.doubt import Doubt
from evidence.doubts.grains import grain_of, grim, grimmer, sd_impossible
from evidence.doubts.groups import (
    arms_swapped,
    baseline,
    large_contrast,
    large_effect,
    n_above_randomised,
    p_of_difference,
)
from evidence.doubts.intervals import arm_off_centre, contrast_off_centre
from evidence.doubts.limits import off_scale, sd_too_large
from evidence.doubts.printed import ArmNumbers, ContrastNumbers, Moment, Scale, StudyNumbers
from evidence.doubts.repeats import repeated
from evidence.doubts.spreads import Usual, se_as_sd, spreads_disagree
from evidence.doubts.statements import text_disagrees

SpreadsOf = Mapping[tuple[str, bool], Usual]
Pair = tuple[ArmNumbers, ArmNumbers]


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt about one row of a study. `key` is the row's, `about` calls it in words."""

    study: str
    key: Hashable
    about: str
    doubt: Doubt

    @property
    def digest(self) -> str:
        """Name the question by study, row, kind and numbers: where a number changes, it is another question."""
        parts = (self.study, self.about, self.doubt.kind, *(f"{name}={text}" for name, text in self.doubt.numbers))
        return sha256("\n".join(parts).encode()).hexdigest()


def questions_about(studies: Sequence[StudyNumbers]) -> list[Question]:
    """Give every doubt about these studies, in their order; what is usual is learned from all of them."""
    pairs = {study.code: list(_baseline_pairs(study)) for study in studies}
    comparisons = sum(map(len, pairs.values()))
    spreads = _spreads(studies)
    found: dict[str, list[Question]] = {study.code: [] for study in studies}
    for study in studies:
        asked = found[study.code]
        for row in study.results:
            asked += [_of_arm(study, row, doubt) for doubt in _about_arm(study, row, spreads)]
        for first, second in pairs[study.code]:
            doubt = baseline(first, second, comparisons=comparisons)
            asked += [_of_arm(study, first, doubt)] if doubt is not None else []
        asked += [_of_arm(study, first, doubt) for first, doubt in _large_effects(study)]
        asked += [
            Question(study.code, row.key, f"{row.name}, {row.at.in_words}, {row.measure}", doubt)
            for row, doubt in _about_contrasts(study)
        ]
    for study, row, doubt in repeated(studies):
        found[study.code].append(_of_arm(study, row, doubt))
    return [one for study in studies for one in found[study.code]]


def _of_arm(study: StudyNumbers, row: ArmNumbers, doubt: Doubt) -> Question:
    return Question(study.code, row.key, f"{row.name}, {row.at.in_words}", doubt)


def _spreads(studies: Iterable[StudyNumbers]) -> SpreadsOf:
    """Give all SDs by instrument and kind of value."""
    found: dict[tuple[str, bool], list[Decimal]] = defaultdict(list)
    for study in studies:
        for row in study.results:
            if row.sd is not None:
                found[row.at.scale.code, row.at.is_change].append(row.sd)
    return {instrument: Usual(sorted(values)) for instrument, values in found.items()}


def _about_arm(study: StudyNumbers, row: ArmNumbers, spreads: SpreadsOf) -> Iterator[Doubt]:
    """Give the doubts about one row of an arm."""
    size = n_above_randomised(_most(row.n, row.total), study.size_of(row.arm))
    yield from filter(None, (off_scale(row), size, arm_off_centre(row), spreads_disagree(row)))
    if row.sd is not None:
        yield from filter(None, (se_as_sd(row, spreads[row.at.scale.code, row.at.is_change]),))
    yield from _about_scores(row)


def _most(*numbers: int | None) -> int | None:
    return max((one for one in numbers if one is not None), default=None)


def _about_scores(row: ArmNumbers) -> Iterator[Doubt]:
    """Give the first of the doubts that whole scores raise, from the plainest to the finest."""
    wide = sd_too_large(row)
    if row.at.scale.step is None or row.mean is None or row.n is None or row.at.is_adjusted:
        yield from filter(None, (wide,))
        return
    sd = None if row.sd is None or wide is not None else str(row.sd)
    of_mean, of_sd = _grain_doubts(row.at.scale, row.at.is_change, str(row.mean), sd, row.n)
    yield from filter(None, (None if _is_off(row) else of_mean, wide, of_sd))


@lru_cache(maxsize=1 << 16)
def _grain_doubts(
    scale: Scale, is_change: bool, mean: str, sd: str | None, n: int
) -> tuple[Doubt | None, Doubt | None]:
    """Give the doubts about a mean and about an SD of whole scores; as text, since 5.2 and 5.20 are equal numbers."""
    assert scale.step is not None
    grain = grain_of(scale.step, scale.low, scale.high, is_change=is_change)
    of_mean = grim(mean=Decimal(mean), n=n, grain=grain)
    if of_mean is not None or sd is None:
        return of_mean, None
    numbers = {"mean": Decimal(mean), "sd": Decimal(sd)}
    return None, sd_impossible(n=n, grain=grain, **numbers) or grimmer(n=n, grain=grain, **numbers)


def _is_off(row: ArmNumbers) -> bool:
    """Whether the mean is off the scale, which is a question of its own."""
    ends = row.at.scale.ends
    if ends is None or row.mean is None:
        return False
    low, high = (ends[0] - ends[1], ends[1] - ends[0]) if row.at.is_change else ends
    return not low <= row.mean <= high


def _pairs(study: StudyNumbers) -> Iterator[Pair]:
    """Give two arms each that were measured at the same moment."""
    at: dict[Moment, list[ArmNumbers]] = defaultdict(list)
    for row in study.results:
        at[row.at].append(row)
    for rows in at.values():
        yield from combinations(rows, 2)


def _baseline_pairs(study: StudyNumbers) -> Iterator[Pair]:
    """Give two arms each that can be compared before treatment, of a randomised study."""
    if not study.is_randomised:
        return
    for first, second in _pairs(study):
        if first.at.week == 0 and not first.at.is_change and p_of_difference(first, second) is not None:
            yield first, second


def _large_effects(study: StudyNumbers) -> Iterator[tuple[ArmNumbers, Doubt]]:
    for first, second in _pairs(study):
        doubt = large_effect(first, second) if first.at.week != 0 else None
        if doubt is not None:
            yield first, doubt


def _about_contrasts(study: StudyNumbers) -> Iterator[tuple[ContrastNumbers, Doubt]]:
    """Give the doubts about the contrasts of a study."""
    results = {(row.arm, row.at): row for row in study.results}
    for row in study.contrasts:
        doubts = [contrast_off_centre(row), large_contrast(row), text_disagrees(row)]
        doubts += [n_above_randomised(row.n_first, study.size_of(row.first))]
        doubts += [n_above_randomised(row.n_second, study.size_of(row.second))]
        first, second = _at(results, row, row.first), _at(results, row, row.second)
        if first is not None and second is not None:
            doubts.append(arms_swapped(row, first, second))
        yield from ((row, doubt) for doubt in doubts if doubt is not None)


def _at(results: Mapping[tuple[int, Moment], ArmNumbers], row: ContrastNumbers, arm: int) -> ArmNumbers | None:
    """Give an arm's result at the moment of a contrast: adjusted like it or, failing that, as it was measured."""
    plain = Moment(row.at.scale, row.at.week, row.at.time, row.at.is_change, is_adjusted=False)
    return results.get((arm, row.at)) or results.get((arm, plain))
