"""Summary: studies in figures, companions counted once, a flow that adds up, judgements by number and by weight."""

import pytest
from pydantic import ValidationError

from analysis.contract import ArmRow, CharacteristicFacts, FlowCount, StudyRow
from analysis.testing import check_plugin, quiet, sample_dataset
from plugins import summary
from plugins.pooling import plugin as pooling
from plugins.summary import NO_STUDIES, NO_WEIGHTS, Params
from plugins.summary.flow import read_flow

# Sums of a few products in double precision.
EXACT = 1e-12
CHARACTERISTICS = (
    CharacteristicFacts(code="age", name="Mean age", kind="number", unit="years"),
    CharacteristicFacts(code="region", name="Region", kind="choice"),
    CharacteristicFacts(code="blinded", name="Blinded", kind="flag"),
    CharacteristicFacts(code="note", name="Note", kind="text"),
)


def study(name, *, sizes=(), companion_of=None, year=2000, rob=None, **facts):
    roles = ("experimental", "comparator")
    arms = tuple(ArmRow(number=i, label="a", role=roles[i % 2], n_randomised=n) for i, n in enumerate(sizes))
    values = {"study": name, "label": name, "year": year, "design": "rct", "companion_of": companion_of}
    return StudyRow(**values, arms=arms, facts=facts, rob=rob or {})


def summarise(studies, flow=(), upstream=None, **params):
    dataset = sample_dataset(k=2).model_copy(
        update={"studies": tuple(studies), "flow": tuple(flow), "characteristics": CHARACTERISTICS}
    )
    return summary.run(dataset, Params(**params), upstream or {}, quiet)


def number(result, name, group=""):
    return next(row for row in result.numbers if (row.name, row.group) == (name, group))


def boxes(**counts):
    return tuple(FlowCount(search_round=1, round_name="First", box=box, count=count) for box, count in counts.items())


def test_plugin_conforms():
    check_plugin(summary.plugin)


def test_numbers_are_those_of_the_known_studies():
    ages = [30.0, 41.0, 52.0, 63.0, None]
    result = summarise([study(f"s{i}", age=age) for i, age in enumerate(ages)])
    row = number(result, "age")

    # R 4.2.2: quantile(c(30, 41, 52, 63)), mean and sd.
    assert (row.k, row.k_known) == (5, 4)
    assert (row.q1, row.median, row.q3, row.iqr) == pytest.approx((38.25, 46.5, 54.75, 16.5), rel=EXACT)
    assert (row.mean, row.sd) == pytest.approx((46.5, 14.200938936093861), rel=EXACT)


@pytest.mark.parametrize(("quantile_type", "q1"), [(1, 30.0), (2, 35.5), (6, 32.75), (7, 38.25)])
def test_type_of_the_quartiles_is_that_of_the_parameter(quantile_type, q1):
    # R 4.2.2: quantile(c(30, 41, 52, 63), 0.25, type = t).
    result = summarise([study(f"s{age}", age=float(age)) for age in (30, 41, 52, 63)], quantile_type=quantile_type)

    assert number(result, "age").q1 == pytest.approx(q1, rel=EXACT)
    assert f"of type {quantile_type} after" in " ".join(result.messages)


def test_companions_are_counted_once():
    result = summarise(
        [study("a", sizes=(20, 22)), study("b", sizes=(20, 22), companion_of="a"), study("c", sizes=(10, 11))]
    )

    assert (result.k, result.k_companions, result.n_randomised) == (2, 1, 63)
    assert (result.n_experimental, result.n_comparator) == (30, 33)
    assert "b" in result.messages[0]


def test_unknown_sizes_are_said():
    result = summarise([study("a", sizes=(20, None)), study("c", sizes=(10, 11))])

    assert (result.n_randomised, result.n_randomised_k) == (21, 1)
    assert any("known for 1 of 2 studies" in said for said in result.messages)


def test_categories_are_counted_among_the_known():
    studies = [
        study("a", region="Asia", blinded=True, note="x"),
        study("b", region="Asia", blinded=False),
        study("c", region="Europe"),
        study("d"),
    ]
    found = {(row.name, row.value): (row.count, row.k_known) for row in summarise(studies).categories}

    assert found[("region", "Asia")] == (2, 3)
    assert found[("blinded", "yes")] == (1, 2)
    assert found[("note", "")] == (1, 1)
    assert found[("design", "rct")] == (4, 4)


def test_groups_part_the_studies():
    studies = [study("a", region="Asia", age=30.0), study("b", region="Asia", age=40.0), study("c", age=70.0)]
    result = summarise(studies, group_by="region")

    assert number(result, "age", "Asia").mean == pytest.approx(35.0, rel=EXACT)
    assert number(result, "age", "not known").k == 1
    assert sum(number(result, "age", group).k for group in ("Asia", "not known")) == number(result, "age").k
    assert any("no study has the field" in said.lower() for said in summarise(studies, group_by="nothing").messages)


def test_flow_that_adds_up_is_silent():
    flow = boxes(
        records_identified=100,
        records_removed=20,
        records_screened=80,
        records_excluded=50,
        reports_sought=30,
        reports_not_retrieved=2,
        reports_assessed=28,
        reports_excluded=20,
        studies_included=7,
        studies_pooled=6,
    )
    rows, checks, said = read_flow(flow)

    assert said == ()
    assert len(checks) == 5
    assert all(check.holds for check in checks)
    assert [row.count for row in rows if not row.round_name][:2] == [100, 20]


def test_flow_that_does_not_add_up_is_said():
    flow = boxes(
        records_identified=100, records_removed=20, records_screened=81, reports_assessed=5, studies_included=6
    )
    _, checks, said = read_flow(flow)

    assert [check.holds for check in checks] == [False, False]
    assert "should be 80, but 81" in said[0]
    assert "cannot be more than 5, but 6" in said[1]


def test_parts_of_a_box_are_held_against_its_total():
    parts = [
        FlowCount(search_round=1, round_name="First", box="reports_excluded", count=count, reason=reason)
        for reason, count in (("", 10), ("not randomised", 4), ("other outcome", 5))
    ]
    _, _, said = read_flow(tuple(parts))

    assert said == ("In First, the parts of “Reports excluded” sum to 9, but its total is 10.",)


def test_flow_and_review_count_the_same_studies():
    result = summarise([study("a")], flow=boxes(studies_included=2))

    assert any("counts 2 included studies, the review has 1" in said for said in result.messages)


def test_judgements_are_counted_and_weighted():
    studies = [study("study-1", rob={"overall": "low"}), study("study-2", rob={"overall": "high"}), study("other")]
    pooled = pooling.run(sample_dataset(k=2), pooling.params(), {}, quiet).model_dump(mode="json")
    weights = {row["study"]: row["weight"] for row in pooled["studies"]}
    result = summarise(studies, upstream={"pooling": pooled})
    rows = {row.level: row for row in result.risk_of_bias}

    assert (rows["low"].count, rows["some_concerns"].count, rows["high"].count) == (1, 0, 1)
    assert rows["low"].share == 0.5
    assert rows["low"].weight == pytest.approx(weights["study-1"], rel=EXACT)
    assert NO_WEIGHTS in summarise(studies).messages


def test_no_study_is_said():
    assert summarise([]).messages == (NO_STUDIES,)


def test_unknown_type_is_refused():
    with pytest.raises(ValidationError):
        Params(quantile_type=10)
