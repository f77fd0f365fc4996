"""The movement of the certainty: domains with reasons, shares that add up, silence where a mixture has no rating."""

from dataclasses import replace

import pytest

from analysis.explain import explain
from tests.explain.cases import evidence, side, trial

ALL = (0, 1, 2, 3)


def proposal(imprecision, bias=0, up=0):
    """Give a result of the plugin grade."""
    down = {"imprecision": imprecision, "risk_of_bias": bias}
    names = ("high", "moderate", "low", "very_low")
    return {
        "start": "high",
        "levels_down": imprecision + bias,
        "levels_up": up,
        "certainty": names[min(max(imprecision + bias - up, 0), 3)],
        "domains": [{"name": name, "rate_down": levels, "reasons": [f"{levels}."]} for name, levels in down.items()],
        "rate_ups": [{"name": "large_effect", "rate_up": up, "reasons": []}],
    }


def rate(content, rules, params):
    """Rate by the number of studies, whether the first is a cohort, and a parameter of the step."""
    studies = content["studies"]
    return proposal(2 if len(studies) < 5 else 0, int(studies["S1"]["year"] == 1999), params["grade"]["up"])


def rated(frozen, number=1, *, up=0):
    """Give a snapshot with a rating."""
    given = side(frozen, number)
    params = {**given.params, "grade": {"up": up}}
    found = rate(frozen, {}, params)
    return replace(given, params=params, results={**given.results, "grade": found}, certainty=found["certainty"])


def old_first():
    """Give trial 1 with another year."""
    return {**trial(0), "year": 1999}


def test_domains_that_moved_are_told_with_their_reasons():
    found = explain(rated(evidence(*ALL)), rated(evidence(*ALL, 4), 2), rate=rate).rating
    (row,) = found.domains
    assert (row.name, row.before, row.after, row.reasons_before, row.reasons_after) == (
        "imprecision",
        2,
        0,
        ("2.",),
        ("0.",),
    )
    assert (found.certainty_before, found.certainty_after) == ("low", "high")


def test_levels_are_shared_among_the_changes_that_moved_them():
    after = rated(evidence(1, 2, 3, 4, S1=old_first()), 2, up=1)
    found = explain(rated(evidence(*ALL)), after, rate=rate).rating
    shares = {row.key: row.levels for row in found.shares}
    # Each change does its own part here, whatever the others do.
    assert shares == pytest.approx({"S1": 1.0, "S5": -2.0, "steps": -1.0}, abs=1e-12)
    assert sum(shares.values()) == pytest.approx(found.levels_after - found.levels_before, abs=1e-12)
    by_domain = {row.key: row.domains for row in found.shares}
    assert by_domain["S1"]["risk_of_bias"] == pytest.approx(1.0, abs=1e-12)
    assert by_domain["steps"]["large_effect"] == pytest.approx(-1.0, abs=1e-12)


def test_either_of_two_new_studies_gets_half_of_what_one_of_them_does():
    found = explain(rated(evidence(*ALL)), rated(evidence(*ALL, 4, 5), 2), rate=rate).rating
    assert [row.levels for row in found.shares] == pytest.approx([-1.0, -1.0], abs=1e-12)


def test_many_changes_are_taken_together_by_kind_and_add_up():
    rows = {f"N{place}": trial(place, sd="2.6") for place in range(6)}
    before, after = rated(evidence(0, 1)), rated(evidence(0, **rows), 2, up=1)
    found = explain(before, after, rate=rate).rating
    assert [(row.key, row.label) for row in found.shares] == [
        ("added", "Studies that are newly pooled (6)"),
        ("removed", "Studies that are no longer pooled (1)"),
        ("settings", "Rules, definitions and parameters (1)"),
    ]
    assert sum(row.levels for row in found.shares) == pytest.approx(-3.0, abs=1e-12)  # rounding of sums
    assert found.message == "With 8 changes, those of one kind are taken together here."


def test_each_of_many_changes_has_its_own_share_where_that_is_asked_for():
    rows = {f"N{place}": trial(place, sd="2.6") for place in range(6)}
    found = explain(rated(evidence(0, 1)), rated(evidence(0, **rows), 2), rate=rate, rate_each=True).rating
    shares = {row.key: row.levels for row in found.shares}
    assert set(shares) == {"S2", *rows}
    assert found.is_exact
    assert sum(shares.values()) == pytest.approx(-2.0, abs=1e-12)  # rounding of sums
    assert len({round(shares[name], 9) for name in rows}) == 1  # they do the same


def test_very_many_changes_are_sampled_and_still_add_up():
    rows = {f"N{place}": trial(place % 8, sd="2.6") for place in range(14)}
    found = explain(rated(evidence(0, 1)), rated(evidence(0, 1, **rows), 2), rate=rate, rate_each=True).rating
    assert not found.is_exact
    assert sum(row.levels for row in found.shares) == pytest.approx(-2.0, abs=1e-9)  # rounding of means
    assert any(row.levels_se > 0 for row in found.shares)


def test_mixture_that_cannot_be_rated_leaves_the_domains_and_says_so():
    found = explain(rated(evidence(*ALL)), rated(evidence(*ALL, 4), 2), rate=lambda *given: None).rating
    assert (len(found.domains), found.shares) == (1, ())
    assert "cannot be rated" in found.message


def test_what_the_stored_rating_has_beyond_computing_again_is_the_software():
    after = rated(evidence(*ALL, 4), 2)
    after.results["grade"].update(proposal(1), certainty="moderate")
    found = explain(rated(evidence(*ALL)), after, rate=rate).rating
    assert {row.key: row.levels for row in found.shares} == pytest.approx({"S5": -2.0, "software": 1.0}, abs=1e-12)


def test_same_rating_says_so_and_no_rating_is_none():
    found = explain(rated(evidence(*ALL)), rated(evidence(0, 1, 2, S4=trial(3, sd="2.2")), 2), rate=rate).rating
    assert (found.domains, found.shares) == ((), ())
    assert found.message == "The proposed rating is the same in both snapshots."
    assert explain(side(evidence(*ALL)), side(evidence(*ALL, 4), 2)).rating is None
    assert "only" in explain(side(evidence(*ALL)), rated(evidence(*ALL, 4), 2), rate=rate).rating.message
