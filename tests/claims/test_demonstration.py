"""The ledger of the demonstration review finds what its paper prints against itself, with place and arithmetic."""

from pathlib import Path
from typing import Any

import pytest

from analysis.importing import import_analyses, read_analyses
from analysis.management.commands.demo import ANALYSES, CLAIMS, FOLDER
from analysis.management.demonstration import bring_paper
from analysis.models import Paper
from analysis.papers import read_claim_file
from analysis.services.paper_findings import findings_of
from evidence.importers import import_review
from evidence.models import Review
from tests.factories import make_user

pytestmark = pytest.mark.django_db

# What is asked about: the check, a claim or what it is about, a part of the place, and the arithmetic.
ASKED = [
    ("interval_middle", "A4.estimate", "abstract, line 60", "middle of -0.22 and 0.01 is between −0.11 and −0.1"),
    (
        "two_places",
        "A4.estimate",
        "abstract, line 60",
        "abstract, line 60: -0.18; results, lines 358-362; 367-368: -0.09",
    ),
    ("interval_middle", "T14.estimate", "Table 2", "middle of -0.280 and 0.08 is between −0.1028 and −0.09725"),
    ("table_sum", "participants", "line 270", "is 9,946; printed is 10084, a difference of 138"),
    ("table_quantile", "n_total.median", "line 272", "is 115, by any of nine definitions; printed is 121"),
    ("table_quantile", "lbp_duration.median", "lines 273-274", "is 127.5, by any of nine definitions; printed is 111"),
    ("table_count", "rob_some", "302-303", "has 28 rows with rob overall some concerns; printed is 26"),
    ("table_count", "rob_high", "line 303", "has 30 rows with rob overall high; printed is 32"),
    ("percent", "rob_some", "302-303", "No whole number has 26 as that share. The percentage is that of 27 of 61"),
    ("percent", "rob_high", "line 303", "The percentage is that of 34 of 61"),
    ("percent", "psych_other", "286-287", "24 of 58 is 41.38 %; printed is 34.8 %. It fits a whole of 69"),
    ("sums", "n_studies", "line 270", "24 + 22 + 5 + 1 + 4 + 4 + 1 = 61; printed is 58"),
    ("sums", "psych_any", "line 285", "9 + 2 + 24 = 35; printed is 34"),
    ("sums", "control_groups", "line 288", "42 + 21 + 3 + 5 + 1 = 72; printed is 61"),
    ("rob_overall", "Tsauo_2009", "", "it cannot be below its highest domain (high)"),
    (
        "rob_pattern",
        "Rabiei_2021",
        "",
        "some_concerns: Heinrich_2009, Jay_2015, Rasmussen-Barr_2009; high: Rabiei_2021",
    ),
    ("smd_md_sign", "R7.mean_difference", "358-362", "The SMD -0.09 and the mean difference 0.18 have different signs"),
    ("difference_twice", "R5.mean_difference", "353-357", "-0.33 (results, lines 310-311"),
    ("difference_twice", "R7.mean_difference", "358-362", "with another sign"),
    ("smd_md_sd", "R8.mean_difference", "359-362", "-0.96 over -0.20 implies a standard deviation"),
    ("eligible_studies", "R3.k", "310-311", "32 are pooled, which is more than there are"),
    ("eligible_studies", "T3.k", "Table 2", "10 are pooled, which is more than there are"),
    ("part_whole", "ae_one_study.related", "510-511", "98 cannot be a part of 50"),
    ("certainty_places", "R7.certainty", "358-362", "abstract, line 60: low certainty"),
    ("certainty_order", "T3.certainty", "Table 2", "rated low, this selection of its studies moderate"),
    ("promised_methods", "promised.pi", "methods", "“prediction interval” is announced"),
    ("promised_methods", "promised.outliers", "methods", "“outliers” is announced"),
    ("promised_methods", "promised.kappa", "methods", "“kappa” is announced"),
    ("promised_methods", "promised.correlation", "methods", "“correlation used” is announced"),
    ("eligibility", "Godfrey_2020", "", "has training period weeks 2"),
    ("eligibility", "Leibetseder_2007", "", "has training period weeks 3"),
    ("eligibility", "Long_2004", "", "has training period weeks 2"),
    ("eligibility", "Paolucci_2011", "", "has training period weeks 3"),
    ("same_trial", "Aasa_2015, Michaelson_2016", "", "they may be one trial"),
    ("names", "Descarreaux_2002", "", "Descarreux_2002"),
    ("duplicate_result", "T5.estimate", "Table 2", "with k = 32; results, Table 2, lines 586-588 with k = 22"),
    ("two_places", "text.unique", "line 262", "1168"),
    ("importance_word", "A7.importance", "lines 65-67", "-0.67 is below the smallest important one of 1.5"),
    ("rank_p", "R3.rank_p_value", "310-311", "printed is 0.009"),
]
HOLDS = [
    ("sums", "box.included", "106 + 3 − 36 − 15 = 58; printed is 58"),
    ("sums", "box.excluded_full_text", "= 36; printed is 36"),
    ("sums", "text.full_texts", "106 + 3 = 109; printed is 109"),
    ("z_interval", "R1.z", "the statistic is printed as -3.90"),
    ("z_interval", "R7.z", "the statistic is printed as -1.81"),
    ("p_z", "R5.p_value", "printed is .02"),
    ("table_count", "subchronic", "has 13 rows with inclusion criterion weeks < 12"),
    ("table_quantile", "age.median", "is 45.4"),
    ("percent", "ae_one_study.percent", "414 of 553 is 74.86 %; printed is almost 75 %"),
    ("interval_middle", "R3.estimate", "The middle of -0.58 and -0.22"),
    ("date_order", "date.version", "comes before"),
]


@pytest.fixture
def paper() -> Paper:
    """The paper of the demonstration, with the review's evidence and rules."""
    owner = make_user(is_superuser=True)
    assert not import_review(by=owner, folder=FOLDER).errors
    review = Review.objects.get(slug="lbp")
    import_analyses(by=owner, review=review, file=read_analyses(ANALYSES))
    bring_paper(by=owner, review=review, file=CLAIMS)
    again = bring_paper(by=owner, review=review, file=CLAIMS)
    assert (again.new, again.changed) == (0, 0)
    return Paper.objects.get(review=review)


def test_ledger_finds_what_the_paper_prints_against_itself(paper: Paper) -> None:
    findings = findings_of(paper)
    assert [row for row in ASKED if not any(_is(one, *row) for one in findings if not one.holds)] == []
    assert [row for row in HOLDS if not any(_tells(one, *row) for one in findings if one.holds)] == []
    assert all(one.places or one.about for one in findings)
    assert all(one.says.endswith(".") for one in findings)


def _is(finding: Any, check: str, about: str, place: str, says: str) -> bool:
    is_about = about in finding.claims or about in finding.about
    return finding.check == check and is_about and place in "; ".join(finding.places) and says in finding.says


def _tells(finding: Any, check: str, claim: str, says: str) -> bool:
    return finding.check == check and claim in finding.claims and says in finding.says


def test_claims_of_the_demonstration_have_their_places() -> None:
    claims = read_claim_file(Path(CLAIMS))
    assert len(claims) > 350
    assert all(claim.place.section for claim in claims)
    unplaced = [one.code for one in claims if not (one.place.line or one.place.figure or one.place.table)]
    assert {code.partition(".")[0] for code in unplaced} <= {"promised", "date"}
