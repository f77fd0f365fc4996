"""The network plugin: numbers of netmeta, tables, what is left out, and what it says."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from analysis.contract import Comparison, Dataset, OutcomeFacts
from analysis.engine import NotConverged
from analysis.figures import draw
from analysis.testing import check_plugin, quiet, sample_dataset
from plugins import network
from plugins.network import Params, plugin, reading

PRINTED = json.loads((Path(__file__).parents[1] / "reference" / "network" / "netmeta.json").read_text(encoding="utf-8"))
# netmeta prints 17 digits; tests/reference/test_network.py compares the rest.
EXACT = 1e-9


def dataset_of(rows, *, measure="MD", direction="lower"):
    """Give a dataset of rows "study first second effect variance"."""
    comparisons = tuple(
        Comparison(
            study=study,
            label=f"Study {study}",
            treatment_1=first,
            treatment_2=second,
            yi=float(effect),
            vi=float(variance),
        )
        for study, first, second, effect, variance in (row.split() for row in rows)
    )
    outcome = OutcomeFacts(code="outcome", name="Outcome", direction=direction)
    return Dataset(measure=measure, outcome=outcome, window="any", effects=(), comparisons=comparisons)


def printed_dataset(name, *, measure, direction):
    """Give the comparisons that netmeta was given."""
    given = PRINTED["datasets"][name]
    columns = zip(*(given[key] for key in ("study", "treatment_1", "treatment_2", "TE", "seTE")), strict=True)
    rows = [f"{study} {first} {second} {effect!r} {error**2!r}" for study, first, second, effect, error in columns]
    return dataset_of(rows, measure=measure, direction=direction)


def ask(dataset, **params):
    return plugin.run(dataset, Params(**params), {}, quiet)


LOOP = ["1 A B 1.0 0.1", "2 B C 0.5 0.2", "3 A C 2.0 0.3", "4 A B 1.4 0.2"]


def test_plugin_conforms():
    check_plugin(plugin)


@pytest.mark.parametrize(
    ("name", "measure", "direction"),
    [("senn2013", "MD", "lower"), ("franchini2012", "MD", "lower"), ("hasselblad1998", "OR", "higher")],
)
def test_numbers_are_those_of_netmeta(name, measure, direction):
    printed = PRINTED["datasets"][name]

    result = ask(
        printed_dataset(name, measure=measure, direction=direction), tau2_method="DL", reference=printed["reference"]
    )

    mine = {treatment.name: treatment for treatment in result.treatments}
    for place, treatment in enumerate(printed["trts"]):
        assert mine[treatment].p_score == pytest.approx(printed["pscore"]["random"][place], rel=EXACT)
        assert mine[treatment].estimate == pytest.approx(-printed["TE_random"][place], rel=EXACT, abs=EXACT)
        if treatment != printed["reference"]:
            assert mine[treatment].ci_upper == pytest.approx(-printed["lower_random"][place], rel=EXACT)
            assert mine[treatment].pi_upper == pytest.approx(-printed["lower_predict"][place], rel=EXACT, abs=EXACT)
    assert (result.q, result.q_within, result.q_between) == pytest.approx(tuple(printed["Q_decomp"]["Q"]), rel=EXACT)
    assert (result.tau2, result.i2) == pytest.approx((printed["tau2"], printed["I2"]), rel=EXACT)
    scores = sorted(printed["pscore"]["random"], reverse=True)
    assert [row.p_score for row in result.treatments] == pytest.approx(scores, rel=EXACT)
    assert len(result.league) == result.n * (result.n - 1)


def test_tables_belong_together():
    result = ask(dataset_of(LOOP), reference="A")

    order = [row.name for row in result.treatments]
    assert order == sorted(order, key=lambda name: -{row.name: row.p_score for row in result.treatments}[name])
    league = {(cell.row, cell.column): cell for cell in result.league}
    assert list(dict.fromkeys(cell.row for cell in result.league)) == order
    for row in result.treatments:
        if row.is_reference:
            assert (row.name, row.estimate, row.ci_lower) == ("A", 0.0, None)
        else:
            assert row.estimate == league[row.name, "A"].estimate == -league["A", row.name].estimate
    assert [row.k for row in sorted(result.treatments, key=lambda row: row.name)] == [3, 3, 2]
    assert [design.label for design in result.designs] == ["A vs B", "A vs C", "B vs C"]
    assert [pair.k for pair in result.direct_indirect] == [2, 1, 1]
    assert result.q == pytest.approx(result.q_within + result.q_between)
    assert [point.label for point in result.funnel] == ["Study 1: B vs A", "Study 3: C vs A", "Study 4: B vs A"]


def test_better_treatments_follow_the_direction_of_the_outcome():
    small = ask(dataset_of(LOOP))
    large = ask(dataset_of(LOOP, direction="higher"))

    assert [row.name for row in small.treatments] == [row.name for row in reversed(large.treatments)]
    assert (small.treatments[0].name, small.small_values_are_good) == ("C", True)  # A is largest, C smallest


def test_reference_is_the_treatment_of_most_studies_unless_named():
    rows = [*LOOP, "5 B C 0.4 0.2"]

    assert ask(dataset_of(rows)).reference == "B"
    assert ask(dataset_of(rows), reference="C").reference == "C"
    unknown = ask(dataset_of(rows), reference="Z")
    assert unknown.reference == "B"
    assert reading.UNKNOWN_REFERENCE.format(name="Z", reference="B") in unknown.messages


def test_a_network_in_parts_gives_the_part_of_the_reference():
    rows = [*LOOP, "9 D E 1.0 0.1"]

    largest, other = ask(dataset_of(rows)), ask(dataset_of(rows), reference="E")

    assert [part.treatments for part in largest.parts] == [("A", "B", "C"), ("D", "E")]
    assert (largest.n, other.n, other.k) == (3, 2, 1)
    assert "falls into 2 parts that no study joins: A, B, C; D, E." in largest.messages[0]
    assert [part.is_analysed for part in other.parts] == [False, True]


def test_studies_that_cannot_stand_together_are_left_out_by_name():
    rows = [*LOOP, "7 A B 1.0 0.2", "7 A C 3.0 0.2", "7 B C 9.0 0.2", "8 A B 1.0 0.2", "8 A C 3.0 0.2"]

    result = ask(dataset_of(rows))

    assert [study.label for study in result.studies_left_out] == ["Study 7", "Study 8"]
    assert "do not add up" in result.studies_left_out[0].reason
    assert "missing" in result.studies_left_out[1].reason
    assert result.messages[0] == reading.LEFT_OUT.format(labels="Study 7, Study 8")
    assert result.k == 4


def test_rounded_effects_of_one_study_stay_in_within_the_tolerance():
    rows = [*LOOP, "7 A B 1.0 0.2", "7 A C 3.0 0.2", "7 B C 2.02 0.2"]

    assert ask(dataset_of(rows)).k == 5
    assert ask(dataset_of(rows), multi_arm_tolerance=0.01).k == 4


def test_few_studies_are_answered():
    nothing, one, two = (ask(dataset_of(LOOP[:k])) for k in range(3))

    assert nothing.messages == (reading.NOTHING,)
    assert (one.k, one.n, one.tau2, one.q_p_value) == (1, 2, None, None)
    assert network.TWO_TREATMENTS in one.messages
    assert network.NO_HETEROGENEITY in one.messages
    assert (two.n, two.tau2) == (3, None)
    assert network.NO_LOOPS in two.messages
    assert two.net_heat == ()
    assert network.NO_HETEROGENEITY not in ask(dataset_of(LOOP[:2]), model="common_effect").messages


def test_networks_that_the_engine_refuses_are_answered():
    result = ask(dataset_of([*LOOP, "5 B C 0.4 1e-20"]))

    assert (result.k, result.treatments) == (0, ())
    assert "1e14 times" in result.messages[-1]
    assert result.messages[-1].startswith(reading.NOT_READ.split("{", maxsplit=1)[0])


def test_a_search_that_fails_is_said(monkeypatch):
    def fail(*_args, **_options):
        raise NotConverged(what="tau2", iterations=3)

    monkeypatch.setattr(network, "fit_evidence", fail)

    result = ask(dataset_of(LOOP))

    sentence = network.NOT_FITTED.format(error=NotConverged(what="tau2", iterations=3))
    assert (result.k, result.messages) == (0, (sentence,))


def test_disagreement_is_said():
    apart = ask(dataset_of(["1 A B 1.0 0.01", "2 B C 0.5 0.02", "3 A C 9.0 0.03"]), model="common_effect")

    assert network.DISAGREEMENT.format(limit=0.05, pairs="A vs B, A vs C, B vs C") in apart.messages
    assert network.NO_DISAGREEMENT.format(limit=0.05) in ask(dataset_of(LOOP)).messages


def test_funnel_takes_an_order_of_the_network():
    full = ask(dataset_of(LOOP), funnel_order=("C", "B", "A"))
    unknown = ask(dataset_of(LOOP), funnel_order=("Z",), reference="A")

    assert (len(full.funnel), full.egger_k, full.egger_df) == (4, 4, 2)
    assert len(unknown.funnel) == 3
    assert network.UNKNOWN_ORDER.format(reference="A", names="Z") in unknown.messages
    with pytest.raises(ValidationError, match="each treatment once"):
        Params(funnel_order=("A", "A"))


def test_net_heat_has_a_row_for_each_pair_of_contrasts():
    result = ask(printed_dataset("senn2013", measure="MD", direction="lower"), reference="plac")

    names = list(dict.fromkeys(cell.row for cell in result.net_heat))
    assert len(result.net_heat) == len(names) ** 2 > 1
    assert "acar:plac (acar, metf, plac)" in names


@pytest.mark.parametrize("k", [0, 1, 3, 10])
def test_figures_are_drawn(k):
    dataset = sample_dataset(k=k, measure="RR", needs=plugin.needs)
    result = ask(dataset)

    drawn = [draw(figure, result.model_dump(mode="json")) for figure in result.figures]

    assert all(text.startswith("<svg") for text in drawn)
