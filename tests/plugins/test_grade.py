"""GRADE: the proposal as a whole, by hand."""

import pytest
from pydantic import ValidationError

from analysis.testing import quiet, sample_dataset
from plugins import grade
from plugins.grade import NO_PROPOSAL, PROPOSAL
from plugins.grade.evidence import UpstreamMissing
from plugins.grade.params import Params
from tests.plugins.answers import answer, dataset_of

DOMAINS = ["risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"]


def test_no_study_gives_no_proposal_and_says_why():
    result = answer(grade.plugin, sample_dataset(k=0))

    assert (result.certainty, result.levels_down, result.domains) == (None, None, ())
    assert result.messages == (NO_PROPOSAL,)


def test_clean_evidence_stays_high_and_is_called_a_proposal():
    # Eight large trials at low risk, all near -20 points with standard error 1: far beyond an MCID of 10.
    yi = [-20.0, -20.4, -19.6, -20.2, -19.8, -20.1, -19.9, -20.0]
    result = answer(grade.plugin, dataset_of(yi, [1.0] * 8, n=200.0))

    assert [(domain.name, domain.rate_down) for domain in result.domains] == [(name, 0) for name in DOMAINS]
    assert (result.certainty, result.levels_down, result.is_proposal) == ("high", 0, True)
    assert result.messages[0] == PROPOSAL == "This is a proposal by rules; a person rates."
    assert "indirectness" in result.messages[1]


def test_levels_add_up_and_stop_at_very_low():
    # All at high risk (2), effects in both directions with tiny variances (2), wide interval (2).
    result = answer(grade.plugin, dataset_of([-30.0, 30.0, -30.0, 30.0, 1.0], [1.0] * 5, rob=["high"] * 5))

    assert result.levels_down == 6
    assert result.certainty == "very_low"


def test_start_can_be_low():
    yi = [-20.0, -20.4, -19.6]
    result = answer(grade.plugin, dataset_of(yi, [1.0] * 3, n=200.0), Params(start="low"))

    assert result.certainty == "low"


def test_missing_upstream_result_is_named():
    with pytest.raises(UpstreamMissing, match="GRADE reads the result of pooling, which is not there"):
        grade.plugin.run(sample_dataset(k=1), Params(), {}, quiet)


@pytest.mark.parametrize(
    "bad",
    [
        {"i2_serious": 0.8, "i2_very_serious": 0.5},
        {"high_risk_share": 0.9, "high_risk_share_very_serious": 0.5},
        {"high_risk_judgements": ("high",), "some_risk_judgements": ("high",)},
    ],
)
def test_thresholds_out_of_order_are_refused(bad):
    with pytest.raises(ValidationError):
        Params.model_validate(bad)


def test_every_threshold_names_its_source():
    named = ("GRADE", "Cochrane Handbook", "Sterne", "RoB", "Overall judgements")
    for name, field in Params.model_fields.items():
        assert any(source in field.description for source in named), name


def test_names_of_what_was_looked_at_tell_their_kind():
    domains = answer(grade.plugin, sample_dataset(k=10)).domains
    for domain in domains:
        for name, value in domain.looked_at.items():
            if name.endswith("_share") and value is not None:
                assert 0.0 <= value <= 1.0, name
