"""Agreement over what readers did: plain rows in, for each group a line of all readers and one of each pair out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias, TypeVar

import numpy as np

from analysis.engine.agreement.alpha import Alpha, krippendorff_alpha
from analysis.engine.agreement.kappa import cohen_kappa
from analysis.engine.agreement.multirater import fleiss_kappa, gwet_ac
from analysis.engine.agreement.observed import Imbalance, measure_imbalance, pabak, percent_agreement
from analysis.engine.agreement.ratings import Answer, Ratings, read_ratings, require_two_raters
from analysis.engine.agreement.result import Agreement
from analysis.engine.agreement.scale import AnswerScale
from analysis.engine.arrays import LARGEST_SEED, read_level, require_whole
from analysis.engine.errors import InvalidInput, UndefinedResult

# With three levels a neighbour counts as half agreement.
ORDINAL_WEIGHTS = "linear"
Matrix: TypeAlias = list[list[Answer | None]]
Found = TypeVar("Found", Agreement, Alpha)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What one reader answered first.

    Attributes
    ----------
    group : what was asked, such as a stage, a domain or a field
    item, reader : what it was asked about, and who answered
    answer : None where there is none
    """

    group: str
    item: str
    reader: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Undefined:
    """Why a coefficient has no value, as a sentence."""

    sentence: str


NO_CHANCE = Undefined("numbers have no categories that chance could agree on; see alpha")


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The coefficients of one line; each is undefined with a reason where it has no value.

    Attributes
    ----------
    percent : share of agreeing pairs
    kappa : Cohen's for a pair, Fleiss' for all readers, without weights
    weighted_kappa : the same with linear weights; for ordinal scales
    ac : Gwet's AC1; AC2 with linear weights for ordinal scales
    alpha : Krippendorff's, by the metric of the scale (numbers: interval)
    pabak : prevalence-adjusted and bias-adjusted kappa
    """

    percent: Agreement | Undefined
    kappa: Agreement | Undefined
    weighted_kappa: Agreement | Undefined | None
    ac: Agreement | Undefined
    alpha: Alpha | Undefined
    pabak: Agreement | Undefined


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How two readers agree.

    Attributes
    ----------
    first, second : the readers, in alphabetical order
    n_items : items that both answered
    coefficients : see there
    categories, table : what could be answered, and how often the first (rows) and the second answered it; empty for
        numbers
    imbalance : prevalence and bias index; for two categories
    """

    first: str
    second: str
    n_items: int
    coefficients: Coefficients
    categories: tuple[Answer, ...]
    table: tuple[tuple[int, ...], ...]
    imbalance: Imbalance | None


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """How the readers of one group agree.

    Attributes
    ----------
    group, scale : what was asked, and what the answers mean
    readers : who answered, in alphabetical order
    n_items : items with answers of two readers or more
    overall : of all readers together; None where there are only two, whose pair says it
    pairs : of each two readers who share an item
    """

    group: str
    scale: AnswerScale
    readers: tuple[str, ...]
    n_items: int
    overall: Coefficients | None
    pairs: tuple[PairAgreement, ...]


def report_agreement(
    answers: Iterable[FirstAnswer],
    *,
    scales: Mapping[str, AnswerScale],
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
) -> tuple[GroupAgreement, ...]:
    """Return the agreement of each group that is named in `scales`, in that order.

    Parameters
    ----------
    answers : one row for each group, item and reader, in any order
    scales : what the answers of each group mean
    level : confidence level, a fraction in (0, 1)
    resamples, seed : of the intervals of alpha

    Raises
    ------
    InvalidInput
        A group without a scale, a reader who answers an item twice, an answer that its scale does not have.
    """
    level = read_level(level)
    require_whole("seed", seed, least=0, most=LARGEST_SEED)
    asked: dict[str, dict[tuple[str, str], Answer | None]] = {group: {} for group in scales}
    for row in answers:
        if row.group not in asked:
            raise InvalidInput("scales", f'scales does not say what the answers of "{row.group}" mean')
        if (row.item, row.reader) in asked[row.group]:
            raise InvalidInput("answers", f'"{row.reader}" answers "{row.item}" of "{row.group}" twice')
        asked[row.group][row.item, row.reader] = row.answer
    measure = _Measure(level=level, resamples=resamples, seed=seed)
    return tuple(_report_group(group, scale, asked[group], measure) for group, scale in scales.items())


@dataclass(frozen=True, slots=True)
class _Measure:
    """How coefficients are asked for."""

    level: float
    resamples: int
    seed: int

    def __call__(self, read: Ratings, scale: AnswerScale, *, is_pair: bool) -> Coefficients:
        """Return the coefficients of answers, item by reader."""
        level = self.level
        is_ordinal = scale.kind == "ordinal"
        weights = ORDINAL_WEIGHTS if is_ordinal else "identity"
        kappa = cohen_kappa if is_pair else fleiss_kappa
        percent = _ask(lambda: percent_agreement(read, level=level))
        alpha = _ask(lambda: self._alpha(read, scale))
        if scale.kind == "number":
            return Coefficients(
                percent=percent, kappa=NO_CHANCE, weighted_kappa=None, ac=NO_CHANCE, alpha=alpha, pabak=NO_CHANCE
            )
        return Coefficients(
            percent=percent,
            kappa=_ask(lambda: kappa(read, level=level)),
            weighted_kappa=_ask(lambda: kappa(read, weights=weights, level=level)) if is_ordinal else None,
            ac=_ask(lambda: gwet_ac(read, weights=weights, level=level)),
            alpha=alpha,
            pabak=_ask(lambda: pabak(read, level=level)),
        )

    def _alpha(self, read: Ratings, scale: AnswerScale) -> Alpha:
        """Return alpha by the metric of the scale."""
        return krippendorff_alpha(
            read,
            metric="interval" if scale.kind == "number" else scale.kind,
            resamples=self.resamples,
            seed=self.seed,
            level=self.level,
        )


def _ask(coefficient: Callable[[], Found]) -> Found | Undefined:
    """Return a coefficient, or the sentence why it has no value."""
    try:
        return coefficient()
    except UndefinedResult as undefined:
        return Undefined(str(undefined))


def _report_group(
    group: str, scale: AnswerScale, answers: Mapping[tuple[str, str], Answer | None], measure: _Measure
) -> GroupAgreement:
    """Return the agreement of one group."""
    by_item: dict[str, dict[str, Answer]] = defaultdict(dict)
    for (item, reader), answer in sorted(answers.items(), key=lambda row: row[0]):
        if answer is not None:
            by_item[item][reader] = answer
    shared = {item: given for item, given in by_item.items() if len(given) > 1}
    readers = tuple(sorted({reader for given in shared.values() for reader in given}))
    rows: Matrix = [[given.get(reader) for reader in readers] for given in shared.values()]
    pairs = []
    for first, second in combinations(range(len(readers)), 2):
        both = [[row[first], row[second]] for row in rows if row[first] is not None and row[second] is not None]
        if both:
            pairs.append(_report_pair(readers[first], readers[second], both, scale, measure))
    return GroupAgreement(
        group=group,
        scale=scale,
        readers=readers,
        n_items=len(shared),
        overall=measure(_read(rows, scale), scale, is_pair=False) if len(readers) > 2 else None,
        pairs=tuple(pairs),
    )


def _report_pair(first: str, second: str, rows: Matrix, scale: AnswerScale, measure: _Measure) -> PairAgreement:
    """Return the agreement of two readers."""
    read = _read(rows, scale)
    has_table = scale.kind != "number"
    table = require_two_raters(read, what="the table of two readers") if has_table else np.zeros((0, 0))
    return PairAgreement(
        first=first,
        second=second,
        n_items=len(rows),
        coefficients=measure(read, scale, is_pair=True),
        categories=read.categories if has_table else (),
        table=tuple(tuple(int(count) for count in row) for row in table),
        imbalance=measure_imbalance(read) if table.shape == (2, 2) else None,
    )


def _read(rows: Matrix, scale: AnswerScale) -> Ratings:
    """Return the answers as codes, once for all coefficients."""
    return read_ratings(rows, categories=scale.categories or None)
