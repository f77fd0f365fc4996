"""Likely includes first: what is learned from a few records puts the others of their kind in front."""

import subprocess
import sys

import numpy as np
import pytest

from analysis.prioritising import TooFewLabels, rank

# Words of records that are included, of records that are not, and of all.
INSIDE = ("trial exercise motor control back pain", "adults disability yoga walking lumbar therapist")
OUTSIDE = ("cohort surgery knee cartilage mouse imaging", "children fracture vitamin registry tumour vaccine")
ANYWHERE = ("patients results methods conclusion weeks", "group mean study background clinical")


def picked(rng: np.random.Generator, words: tuple[str, ...], count: int) -> list[str]:
    """Give words by chance."""
    return list(rng.choice(" ".join(words).split(), count))


def corpus(relevant: int, others: int, seed: int = 3) -> tuple[list[str], list[bool]]:
    """Give made-up abstracts: words of their own kind, words of the other kind, and words that all have."""
    rng = np.random.default_rng(seed)
    kinds = rng.permutation([True] * relevant + [False] * others)
    texts = []
    for is_relevant in kinds:
        own, other = (INSIDE, OUTSIDE) if is_relevant else (OUTSIDE, INSIDE)
        words = [*picked(rng, own, 7), *picked(rng, other, 2), *picked(rng, ANYWHERE, 20)]
        texts.append(" ".join(rng.permutation(words)))
    return texts, [bool(kind) for kind in kinds]


def test_likely_includes_come_first() -> None:
    texts, kinds = corpus(relevant=40, others=360)
    labels: list[bool | None] = [kind if place < 100 else None for place, kind in enumerate(kinds)]

    order = rank(texts, labels)

    assert sorted(order) == list(range(100, 400))
    left = sum(kinds[100:])
    first = sum(kinds[place] for place in order[: 2 * left])
    assert first >= 0.9 * left


def test_reading_in_turns_finds_nearly_all_after_a_part_of_the_work() -> None:
    """A review of 600 records with 30 includes, read ten at a time and ordered again after each ten."""
    texts, kinds = corpus(relevant=30, others=570, seed=11)
    labels: list[bool | None] = [None] * 600
    waiting = list(range(600))
    while sum(label is True for label in labels) < 0.95 * 30:
        for place in waiting[:10]:
            labels[place] = kinds[place]
        try:
            waiting = rank(texts, labels)
        except TooFewLabels:
            waiting = waiting[10:]

    read = sum(label is not None for label in labels)
    assert read < 0.5 * 600  # at random, 95 % of the includes take about 95 % of the records


def test_equal_input_gives_equal_ranks_and_equal_texts_keep_their_order() -> None:
    texts, kinds = corpus(relevant=20, others=80)
    labels: list[bool | None] = [kind if place < 50 else None for place, kind in enumerate(kinds)]
    twins = [*texts, texts[60], texts[60]]

    assert rank(texts, labels) == rank(texts, labels)
    order = rank(twins, [*labels, None, None])
    assert order.index(60) + 1 == order.index(100)
    assert order.index(100) + 1 == order.index(101)


def test_texts_without_words_do_no_harm() -> None:
    texts = ["", "", "exercise for backs", "exercise for backs", "mouse", ""]

    assert sorted(rank(texts, [True, False, True, None, False, None])) == [3, 5]
    assert rank(["", "", ""], [True, False, None]) == [2]
    assert rank(["a b", "c d"], [True, False]) == []


@pytest.mark.parametrize("labels", [[True, True, None], [False, None, None], [None, None, None]])
def test_one_kind_alone_teaches_nothing(labels: list[bool | None]) -> None:
    with pytest.raises(TooFewLabels, match="at least 1 included and 1 excluded records to learn from"):
        rank(["exercise", "mouse", "knee"], labels)


def test_the_model_is_imported_when_it_is_first_needed() -> None:
    said = "import sys, analysis.prioritising; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
