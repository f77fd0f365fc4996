"""Finding copies among records: no pair is missed by the blocks, and only a pair itself decides about it."""

import random
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.likeness import Citation, find_duplicates, judge, plainly
from evidence.likeness.blocking import is_looked_at, pairs_looked_at
from tests.likeness.rewriting import COPIES, TRAPS, write_record, write_records

WORDS = ("low", "back", "pain", "exercise", "trial", "motor", "part", "2", "men", "the", "of", "yoga", "Rücken")
TITLES = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
RECORDS = st.builds(
    Citation,
    key=st.just(0),
    title=TITLES,
    authors=st.sampled_from(("", "Aasa, B", "Aasa B, Berglund L", "Müller, J", "Mueller, J")),
    year=st.sampled_from((None, 2015, 2016, 2018)),
    journal=st.sampled_from(("", "Spine", "Pain")),
    volume=st.sampled_from(("", "45")),
    pages=st.sampled_from(("", "77-85", "S12")),
    doi=st.sampled_from(("", "10.1000/a", "10.1000/b")),
    pmid=st.sampled_from(("", "1", "2")),
    accession=st.sampled_from(("", "L1", "L2")),
    database=st.sampled_from(("", "Embase")),
)
LISTS = st.lists(RECORDS, max_size=14).map(lambda rows: [replace(row, key=key) for key, row in enumerate(rows)])


@settings(max_examples=150, deadline=None)
@given(LISTS)
def test_blocks_miss_no_pair(records: list[Citation]) -> None:
    plain = [plainly(record) for record in records]
    asked = {
        (one, other) for one, other in combinations(range(len(plain)), 2) if is_looked_at(plain[one], plain[other])
    }

    found = list(pairs_looked_at(plain))

    assert set(found) == asked
    assert len(found) == len(asked)


def test_blocks_miss_no_pair_of_longer_titles() -> None:
    records, _ = write_records(250, seed=5, copies=0.5, traps=0.3)
    plain = [plainly(record) for record in records]
    asked = {
        (one, other) for one, other in combinations(range(len(plain)), 2) if is_looked_at(plain[one], plain[other])
    }

    assert set(pairs_looked_at(plain)) == asked


@settings(max_examples=60, deadline=None)
@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(records: list[Citation], chance: random.Random) -> None:
    mixed = list(records)
    chance.shuffle(mixed)

    assert find_duplicates(mixed) == find_duplicates(records)


@settings(max_examples=60, deadline=None)
@given(LISTS, RECORDS)
def test_a_further_record_changes_no_decision_about_others(records: list[Citation], further: Citation) -> None:
    """Of records that have nothing to do with it: a copy of two of them may join them."""
    stranger = replace(further, key=len(records), title="zebrafish " * 5, doi="10.1000/z", pmid="9", accession="")
    stranger = replace(stranger, authors="Xu, Y", database="")
    before, after = find_duplicates(records), find_duplicates([*records, stranger])

    assert before == after


@settings(max_examples=100, deadline=None)
@given(RECORDS, RECORDS)
def test_a_pair_is_the_same_from_both_sides(one: Citation, other: Citation) -> None:
    first, second = plainly(replace(one, key=1)), plainly(replace(other, key=2))

    assert judge(first, second) == judge(second, first)
    assert is_looked_at(first, second) == is_looked_at(second, first)


def test_copies_are_found_and_near_misses_are_not_merged() -> None:
    records, same = write_records(1_500, seed=3, copies=0.4, traps=0.3)
    found = find_duplicates(records)
    clear = {pair for group in found.groups for pair in combinations(group, 2)}
    doubtful = {(pair.first, pair.second) for pair in found.doubtful}

    assert len(same) > 300
    assert clear <= same
    assert len(clear) / len(same) > 0.98
    assert same <= clear | doubtful


def test_each_kind_of_copy_and_each_near_miss_is_judged_as_it_is() -> None:
    chance = random.Random(8)
    for write, is_copy in (*((write, True) for write in COPIES), *((write, False) for write in TRAPS)):
        clear = sum(
            bool(find_duplicates([record, replace(write(record, chance), key=10**6)]).groups)
            for record in (write_record(key, chance) for key in range(40))
        )
        assert clear >= 36 if is_copy else clear == 0, (write.__name__, clear)
