"""The plugins that split their work give the same result to the last bit, however it is split."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from analysis import canonical
from analysis.contract import AlternativeEffect, Alternatives, Choice, Dataset, Plugin, StudyAlternatives, pack, unpack
from analysis.engine import count_subsets, gosh, list_subsets, permutation_test
from analysis.engine.moderators import count_permutations, join_permutations, split_permutations
from analysis.testing import quiet, sample_dataset
from plugins import choices, meta_regression, sensitivity
from plugins.choices import parts as choice_parts
from plugins.meta_regression import permuting
from plugins.sensitivity import subset_parts
from tests.plugins.answers import PLUGINS, dataset_of, sample_for

WORK = {
    "sensitivity": subset_parts,
    "meta_regression": permuting,
    "choices": choice_parts,
}
MODELS = [
    {"name": "year", "title": "Year", "moderators": ["year"]},
    {"name": "two", "title": "Two", "moderators": ["year", "week"]},
    {"name": "gone", "title": "Nobody knows it", "moderators": ["year=1700"]},
]


def made_up_choices(k: int, sizes: tuple[int, ...]) -> Dataset:
    """Give k studies, each of which two choices change; some options leave a study out."""
    random = np.random.default_rng(11)
    yi, vi = random.normal(-0.3, 0.6, k).round(6).tolist(), random.uniform(0.02, 0.3, k).round(6).tolist()
    listed = tuple(
        Choice(name=f"c{place}", title=f"Choice {place}", options=tuple(f"o{code}" for code in range(size)), own="o0")
        for place, size in enumerate(sizes)
    )
    studies = []
    for number in range(k):
        places = sorted(random.choice(len(sizes), 2, replace=False).tolist())
        count = sizes[places[0]] * sizes[places[1]]
        moved = [yi[number], *(yi[number] + random.normal(0.0, 0.1, count - 1)).round(6).tolist()]
        variants = tuple(
            () if code % 17 == 16 else (AlternativeEffect(yi=y, vi=vi[number]),) for code, y in enumerate(moved)
        )
        studies.append(
            StudyAlternatives(
                study=f"s{number}",
                label=f"Study {number}",
                depends_on=tuple(f"c{place}" for place in places),
                index=tuple(range(count)),
                variants=variants,
            )
        )
    return dataset_of(yi, vi).model_copy(update={"alternatives": Alternatives(choices=listed, studies=tuple(studies))})


# Plugin, dataset, parameters, work of a part, least number of parts.
CASES: dict[str, tuple[Plugin[Any, Any], Dataset, dict[str, Any], int, int]] = {
    "all subsets": (sensitivity.plugin, sample_dataset(k=13), {"gosh": True}, 60_000, 4),
    "a sample of subsets": (sensitivity.plugin, sample_dataset(k=30), {"gosh": True, "gosh_subsets": 9_500}, 90_000, 5),
    "few studies, one at a time": (sensitivity.plugin, sample_dataset(k=2), {"gosh": True}, 1, 1),
    "all orders": (
        meta_regression.plugin,
        sample_for(meta_regression.plugin, k=8, measure="MD"),
        {"permutations": 50_000, "models": MODELS},
        500_000,
        4,
    ),
    "a sample of orders": (
        meta_regression.plugin,
        sample_for(meta_regression.plugin, k=40, measure="MD"),
        {"permutations": 9_000, "seed": 5, "models": MODELS},
        200_000,
        4,
    ),
    "exact fit": (
        meta_regression.plugin,
        sample_for(meta_regression.plugin, k=3, measure="MD"),
        {"permutations": 100, "models": MODELS},
        10,
        1,
    ),
    "all combinations": (choices.plugin, made_up_choices(20, (4, 4, 4, 4, 4)), {}, 100_000, 2),
    "a sample of combinations": (
        choices.plugin,
        made_up_choices(20, (4, 4, 4, 4, 4)),
        {"most_combinations": 3_000, "seed": 4},
        30_000,
        2,
    ),
    "choices of analysis only": (choices.plugin, sample_dataset(k=5), {}, 30, 1),
}


def text_of(result: Any) -> str:
    return canonical.to_text(result.model_dump(mode="json"))


@pytest.mark.parametrize("name", CASES)
def test_parts_in_any_order_give_what_one_go_gives(name, monkeypatch):
    plugin, dataset, values, work, least_parts = CASES[name]
    params, split = plugin.params.model_validate(values), plugin.split
    assert split is not None
    whole = text_of(plugin.run(dataset, params, {}, quiet))

    monkeypatch.setattr(WORK[plugin.name], "WORK_OF_A_PART", work)
    parts = [split.part.model_validate_json(part.model_dump_json()) for part in split.plan(dataset, params, {})]
    assert len(parts) >= least_parts
    answers = {}
    for place in reversed(range(len(parts))):
        answer = split.compute(dataset, params, {}, parts[place], quiet)
        answers[place] = split.answer.model_validate_json(answer.model_dump_json())
    joined = split.join(dataset, params, {}, tuple(answers[place] for place in range(len(parts))), quiet)

    assert text_of(joined) == whole


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_parameters_as_they_come_never_split_the_work_of_a_review(plugin):
    dataset = sample_for(plugin, k=58, measure="MD")
    if plugin.split is not None:
        assert len(plugin.split.plan(dataset, plugin.params(), {})) <= 1


def test_a_million_subsets_are_a_few_parts_of_even_size():
    params = sensitivity.Params(gosh=True, gosh_subsets=1_000_000)
    parts = sensitivity.SPLIT.plan(sample_dataset(k=58), params, {})
    sizes = [part.stop - part.start for part in parts]
    assert sum(sizes) == 1_000_000
    assert 3 <= len(parts) <= 8
    assert max(sizes) - min(sizes) <= subset_parts.CHUNK * len(parts)


LONG = {
    "sensitivity": [({}, False), ({"gosh": True}, False), ({"gosh": True, "gosh_subsets": 100_000}, True)],
    "meta_regression": [({}, False), ({"permutations": 100_000}, True)],
    "choices": [({}, True)],
    "pooling": [({}, False)],
}


@pytest.mark.parametrize("name", LONG)
def test_plugins_say_which_runs_may_take_long(name):
    plugin = next(plugin for plugin in PLUGINS if plugin.name == name)
    for values, expected in LONG[name]:
        assert plugin.takes_long(plugin.params.model_validate(values)) is expected


# The engine -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "subsets"), [(4, 9), (12, 4_000), (12, 5_000), (6, 40), (40, 7_000)])
def test_some_subsets_are_those_of_the_whole_list(k, subsets):
    whole = gosh(np.arange(k) / k, np.ones(k), subsets=subsets, seed=3).included
    count, is_complete = count_subsets(k, subsets=subsets)
    assert whole.shape == (count, k)
    assert is_complete == (2**k - 1 <= subsets)
    cuts = [0, count // 3, count // 3 + 1, count]
    pieces = [list_subsets(k, subsets=subsets, seed=3, start=a, stop=b) for a, b in pairwise(cuts)]
    assert np.array_equal(np.concatenate(pieces), whole)


def test_sample_with_empty_subsets_is_the_same_in_pieces():
    # Of 15 draws of 4 studies one is expected to be empty; over these seeds some are, and are drawn again at the end.
    again = 0
    for seed in range(40):
        first = np.random.default_rng(seed).random((14, 4)) < 0.5
        again += int((~first.any(axis=1)).sum())
        whole = list_subsets(4, subsets=14, seed=seed)
        assert whole.any(axis=1).all()
        pieces = [list_subsets(4, subsets=14, seed=seed, start=start, stop=start + 2) for start in range(0, 14, 2)]
        assert np.array_equal(np.concatenate(pieces), whole)
    assert again > 10


# All orders and all sign flips, a sample of each, and few studies.
@pytest.mark.parametrize(
    ("k", "permutations", "mods", "least_parts"),
    [
        (6, 5_000, "one", 1),
        (9, 400_000, "one", 40),
        (11, 40_000, "one", 6),
        (11, 40_000, "two", 6),
        (16, 70_000, None, 8),
        (20, 20_000, None, 6),
    ],
)
def test_permutations_in_parts_give_the_p_values_of_the_whole(k, permutations, mods, least_parts):
    random = np.random.default_rng(k)
    yi, vi = random.normal(0.4, 0.5, k), random.uniform(0.05, 0.4, k)
    columns = {None: None, "one": {"x": random.normal(size=k)}, "two": {"x": random.normal(size=k), "z": yi**2}}[mods]
    asked = {"yi": yi, "vi": vi, "mods": columns, "permutations": permutations}
    whole = permutation_test(**asked, seed=7)

    parts = split_permutations(**asked, seed=7, fits=1)
    assert len(parts) >= least_parts
    counts = [count_permutations(part=part, **asked) for part in reversed(parts)]
    joined = join_permutations(**asked, counts=counts)

    assert joined.p_value == tuple(whole.p_value.tolist())
    assert joined.qm_p_value == whole.qm_p_value
    assert (joined.permutations, joined.is_exact) == (whole.permutations, whole.is_exact)


def test_packed_arrays_keep_every_bit():
    numbers = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 0.1, 1.0, np.nextafter(1.0, 2.0)])
    assert unpack(pack(numbers)).tobytes() == numbers.tobytes()
    assert unpack(pack(np.array([]))).size == 0
