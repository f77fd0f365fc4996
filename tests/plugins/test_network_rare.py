"""The network plugin's models of rare events: numbers of netmeta's code, what is left out, and what it says."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from pydantic import ValidationError

from analysis.contract import Comparison, Dataset, Need, OutcomeFacts
from analysis.derivation import derive
from analysis.engine import NotConverged
from analysis.engine.network import RARE_EVENT_MODELS, comparisons_from_events
from analysis.figures import draw
from analysis.testing import quiet, sample_dataset
from plugins.network import Params, plugin, rare, reading, wording
from tests.derivation.content import arm, result, rules, study
from tests.derivation.content import content as frozen_content

NETMETA = json.loads((Path(__file__).parents[1] / "reference" / "network" / "netmetabin.json").read_text("utf-8"))
# tests/reference/test_network_rare.py compares the rest.
EXACT = 1e-9


def dataset_of(arms, *, measure="OR", direction="lower", without=()):
    """Give a dataset of arms "study treatment events total"; studies in `without` do not report their counts."""
    rows = [row.split() if isinstance(row, str) else row for row in arms]
    comparisons = []
    for name in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == name]
        for (_, first, x1, n1), (_, second, x2, n2) in combinations(own, 2):
            counts = {"events_1": float(x1), "total_1": float(n1), "events_2": float(x2), "total_2": float(n2)}
            known = {} if name in without else counts
            yi, vi = effect_of(counts)
            comparisons.append(
                Comparison(
                    study=name,
                    label=f"Study {name}",
                    treatment_1=first,
                    treatment_2=second,
                    yi=yi,
                    vi=vi,
                    **known,
                )
            )
    outcome = OutcomeFacts(code="death", name="Death", direction=direction)
    return Dataset(measure=measure, outcome=outcome, window="any", effects=(), comparisons=tuple(comparisons))


def effect_of(counts):
    """Give the log odds ratio of two arms and its variance; models of counts do not read them."""
    pair = comparisons_from_events(
        [counts["events_1"], counts["events_2"]],
        [counts["total_1"], counts["total_2"]],
        treatment=["1", "2"],
        study=["s", "s"],
    )
    return (float(pair.yi[0]), float(pair.vi[0])) if pair.yi.size else (0.0, 4.0)


def netmeta_dataset(name):
    """Give the arms of one of netmeta's data sets as comparisons."""
    arms = NETMETA["datasets"][name]["arms"]
    return dataset_of([(arm["study"], arm["treatment"], arm["events"], arm["total"]) for arm in arms])


def ask(dataset, model="mantel_haenszel", **params):
    return plugin.run(dataset, Params(model=model, **params), {}, quiet)


LOOP = ["1 A 3 90", "1 B 5 80", "2 B 4 70", "2 C 2 75", "3 A 6 99", "3 C 1 60", "4 A 2 50", "4 B 3 55", "4 C 5 58"]


@pytest.mark.parametrize("correction", ["0", "0.5"])
@pytest.mark.parametrize("model", RARE_EVENT_MODELS)
@pytest.mark.parametrize(
    ("name", "reference"),
    [("dong2013", "Placebo"), ("gurusamy2011", "Control/Placebo"), ("hasselblad1998", "no_contact"), ("made_up", "A")],
)
def test_numbers_are_those_of_netmeta(name, reference, model, correction):
    answer = NETMETA["datasets"][name]["corrections"][correction]

    result = ask(netmeta_dataset(name), model, reference=reference, correction=float(correction))

    base = answer["treatments"].index(reference)
    mine = {treatment.name: treatment for treatment in result.treatments}
    assert sorted(mine) == answer["treatments"]
    assert (result.k, result.m, result.n) == (answer["k"], answer["m"], answer["n"])
    for row, treatment in enumerate(answer["treatments"]):
        assert mine[treatment].estimate == pytest.approx(answer[model]["estimate"][row][base], abs=EXACT)
        if treatment != reference:
            assert mine[treatment].se == pytest.approx(answer[model]["se"][row][base], rel=1e-8)
    assert len(result.league) == result.n * (result.n - 1)
    if model == "mantel_haenszel":
        found = (result.q_between, result.q_between_df, result.q_between_p_value)
        assert found == pytest.approx(
            (answer[model]["q"], answer[model]["q_df"], answer[model]["q_p_value"]), rel=EXACT
        )
    else:
        assert (result.q_between, result.q_between_df) == (None, None)


@pytest.mark.parametrize("model", RARE_EVENT_MODELS)
def test_extracted_arms_give_what_netmeta_gives(model):
    """Dong 2013 from frozen evidence: in studies 33 and 41 two arms without events stand beside others."""
    content = NETMETA["datasets"]["dong2013"]
    treatments = sorted({row["treatment"] for row in content["arms"]})
    studies = {}
    for row in content["arms"]:
        studies.setdefault(row["study"], []).append(
            arm(
                len(studies.get(row["study"], [])) + 1,
                result(instrument="events", events=row["events"], total=row["total"]),
                kind=row["treatment"],
            )
        )
    frozen = frozen_content(named={f"S{name}": study(*arms) for name, arms in studies.items()})
    frozen["comparator_types"] = {name: name for name in treatments}
    asked = rules(measure="OR", comparators=tuple(treatments))

    found = ask(derive(frozen, asked, frozenset({Need.COMPARISONS})), model, reference="Placebo")

    answer = content["corrections"]["0"]
    base = answer["treatments"].index("Placebo")
    mine = {treatment.name: treatment.estimate for treatment in found.treatments}
    theirs = dict(zip(answer["treatments"], (row[base] for row in answer[model]["estimate"]), strict=True))
    assert mine == pytest.approx(theirs, abs=EXACT)
    assert (found.k, found.m) == (answer["k"], answer["m"])


@pytest.mark.parametrize("model", RARE_EVENT_MODELS)
def test_what_the_models_do_not_give_is_empty(model):
    result = ask(dataset_of(LOOP), model, reference="A")

    assert (result.tau2, result.i2, result.q, result.q_within, result.egger_k, result.tau2_method) == (
        *(None,) * 5,
        "",
    )
    assert (result.direct_indirect, result.designs, result.net_heat, result.funnel) == ((), (), (), ())
    assert [figure.rows for figure in result.figures] == ["treatments", "treatments", "league"]
    assert all(draw(figure, result.model_dump(mode="json")).startswith("<svg") for figure in result.figures)
    for row in result.treatments:
        assert (row.pi_lower, row.pi_upper, row.is_reference) == (None, None, row.name == "A")
    assert (result.reference, result.model, [row.k for row in result.treatments]) == ("A", model, [3, 3, 3])
    assert rare.COMMON_EFFECT in result.messages
    assert wording.SCORES in result.messages


def test_better_treatments_follow_the_direction_of_the_outcome():
    small, large = ask(dataset_of(LOOP)), ask(dataset_of(LOOP, direction="higher"))

    assert [row.name for row in small.treatments] == [row.name for row in reversed(large.treatments)]
    assert small.treatments[0].p_score == pytest.approx(1.0 - large.treatments[-1].p_score)


@pytest.mark.parametrize("model", RARE_EVENT_MODELS)
@pytest.mark.parametrize("measure", ["RR", "RD", "MD"])
def test_other_measures_give_a_sentence_and_no_numbers(model, measure):
    result = ask(dataset_of(LOOP, measure=measure), model)

    assert (result.k, result.treatments, result.league) == (0, (), ())
    assert result.messages == (rare.OTHER_MEASURE.format(model=model, measure=measure),)


@pytest.mark.parametrize("model", RARE_EVENT_MODELS)
def test_a_dataset_without_counts_gives_a_sentence_and_no_numbers(model):
    made_up = sample_dataset(k=10, measure="OR", needs=plugin.needs)
    result = ask(made_up, model)

    assert (result.k, result.treatments) == (0, ())
    assert result.messages == (rare.NO_COUNTS.format(model=model),)
    assert ask(sample_dataset(k=0, measure="OR", needs=plugin.needs), model).messages == (reading.NOTHING,)


def test_studies_without_counts_are_left_out_by_name():
    result = ask(dataset_of(LOOP, without=("2",)))

    assert [(study.label, study.reason) for study in result.studies_left_out] == [("Study 2", rare.WITHOUT_COUNTS)]
    assert result.messages[0] == rare.LEFT_OUT.format(labels="Study 2")
    assert result.k == 3


def test_studies_whose_comparisons_contradict_each_other_are_left_out():
    dataset = dataset_of(LOOP)
    changed = tuple(
        one.model_copy(update={"events_1": 9.0}) if (one.study, one.treatment_2) == ("4", "C") else one
        for one in dataset.comparisons
    )
    result = ask(dataset.model_copy(update={"comparisons": changed}))

    assert [(study.label, study.reason) for study in result.studies_left_out] == [("Study 4", rare.UNEQUAL_COUNTS)]


SPARSE = [
    *LOOP,
    *("5 A 0 40", "5 B 0 50", "6 A 9 9", "6 C 7 7"),
    *("7 A 1 30", "7 D 0 30"),
    *("9 A 1 30", "9 B 0 30", "9 C 3 33"),
    *("10 B 2 30", "10 E 8 8", "10 C 1 30", "11 E 1 40", "11 F 2 40", "11 A 1 50"),
]


def test_what_says_nothing_is_named():
    result = ask(dataset_of(SPARSE))

    assert {study.label: study.reason for study in result.studies_left_out} == {
        "Study 5": rare.ONE_OUTCOME["no_events"],
        "Study 6": rare.ONE_OUTCOME["all_events"],
        "Study 7": rare.ONE_TREATMENT.format(design="A vs D"),
    }
    arms = rare.LEFT_OUT_ARMS.format(outcome=rare.OUTCOMES["all_events"], arms="E in B vs C vs E")
    assert arms in result.messages
    assert rare.LOST.format(names="D") in result.messages
    assert "D" not in {row.name for row in result.treatments}


def test_arms_of_a_kept_design_without_events_are_named():
    rows = [row for row in SPARSE if row.split()[0] != "4"]  # the other study of A, B and C
    result = ask(dataset_of(rows))

    said = rare.LEFT_OUT_ARMS.format(outcome=rare.OUTCOMES["no_events"], arms="B in A vs B vs C")
    assert said in result.messages


def test_a_correction_is_said_and_keeps_what_it_can():
    result = ask(dataset_of(SPARSE), correction=0.5)

    assert rare.CORRECTED.format(correction=0.5, designs="A vs D; B vs C vs E") in result.messages
    assert [study.label for study in result.studies_left_out] == ["Study 5", "Study 6"]
    assert "D" in {row.name for row in result.treatments}
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Params(correction=-0.5)


def test_a_network_in_parts_gives_the_part_of_the_reference():
    """Study 8 is what joins the parts, and nobody in its arm A had the event."""
    rows = [*LOOP, "8 A 0 30", "8 D 2 30", "9 D 1 30", "9 E 4 30"]

    largest, other = ask(dataset_of(rows)), ask(dataset_of(rows), reference="E")

    assert [part.treatments for part in largest.parts] == [("A", "B", "C"), ("D", "E")]
    assert [part.k for part in largest.parts] == [4, 1]
    assert (largest.n, other.n, other.k, other.reference) == (3, 2, 1, "E")
    assert reading.DISCONNECTED.format(count=2, parts="A, B, C; D, E", reference="E") in other.messages
    assert wording.TWO_TREATMENTS in other.messages
    unknown = ask(dataset_of(rows), reference="Z")
    assert reading.UNKNOWN_REFERENCE.format(name="Z", reference=largest.reference) in unknown.messages


def test_counts_that_say_nothing_at_all_are_answered():
    result = ask(dataset_of(["1 A 0 40", "1 B 0 50", "2 A 0 30", "2 C 2 30"]))

    assert (result.k, result.reference) == (0, "")
    assert result.messages[-1] == rare.NOTHING_LEFT
    assert [study.label for study in result.studies_left_out] == ["Study 1", "Study 2"]


def test_counts_that_the_engine_refuses_are_answered():
    """B has events only where everybody in A has."""
    rows = ["1 A 5 5", "1 B 2 40", "2 A 1 50", "2 B 0 30"]
    result = ask(dataset_of(rows))

    assert (result.k, result.treatments) == (0, ())
    assert "in none of its studies" in result.messages[-1]
    assert result.messages[-1].startswith(wording.NOT_FITTED.split("{", maxsplit=1)[0])


def test_a_search_that_fails_is_said(monkeypatch):
    def fail(*_args, **_options):
        raise NotConverged(what="the model", iterations=3)

    monkeypatch.setattr(rare, "RARE_EVENT_FITS", {"hypergeometric": fail})

    result = ask(dataset_of(LOOP), "hypergeometric")

    assert result.messages == (wording.NOT_FITTED.format(error=NotConverged(what="the model", iterations=3)),)


def test_inconsistency_is_said():
    apart = ["1 A 40 90", "1 B 5 80", "2 B 40 70", "2 C 4 75", "3 A 4 99", "3 C 40 60"]
    without_loops = ["1 A 3 90", "1 B 5 80", "2 B 4 70", "2 C 2 75"]

    for rows, sentence in ((apart, rare.INCONSISTENT), (LOOP, rare.NOT_INCONSISTENT)):
        result = ask(dataset_of(rows))
        q, df, p = result.q_between, result.q_between_df, result.q_between_p_value
        assert sentence.format(q=q, df=df, p=p) in result.messages
    assert rare.NO_INCONSISTENCY in ask(dataset_of(without_loops)).messages


def test_events_that_are_not_rare_are_said_of_the_approximation_only():
    rows = ["1 A 30 100", "1 B 20 100", "2 B 5 100", "2 C 3 100"]
    said = rare.NOT_RARE.format(treatment="A", share=0.3)

    assert said in ask(dataset_of(rows), "hypergeometric").messages
    assert said not in ask(dataset_of(rows)).messages
    assert not any("approximation" in message for message in ask(dataset_of(LOOP), "hypergeometric").messages)
