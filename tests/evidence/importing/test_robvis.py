"""Tables of risk of bias for robvis: every tool, many spellings, and what fits none is refused."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.models import Judgement, Review, Study
from evidence.permissions import NotAllowed
from evidence.tools import get_tool
from tests.evidence.importing.asked import ask, changed, export, sentences
from tests.factories import make_membership, make_study, make_user

pytestmark = pytest.mark.django_db

TABLES = {
    "rob1": "Study,Random.sequence.generation,Allocation.concealment,Blinding.of.participants.and.personnel,"
    "Blinding.of.outcome.assessment,Incomplete.outcome.data,Selective.reporting,Other.sources.of.bias,Overall\n"
    "Abe 2010,Low,Unclear,High,Low,Low,Low,Low,High\n",
    "rob2": "Study,D1,D2,D3,D4,D5,Overall\nAbe 2010,Low,Some concerns,low risk,LOW,+,some concern\n",
    "rob2_cluster": "Study,D1,D1b,D2,D3,D4,D5,Overall\nAbe 2010,Low,Not applicable,Low,Low,Low,Low,Low\n",
    "robins_i": "Study;D1;D2;D3;D4;D5;D6;D7;Overall;Weight\n"
    "Abe 2010;Serious;Moderate;Low;Low;Low;No information;Low;Serious;3,5\n",
    "robins_e": "Study,D1,D2,D3,D4,D5,D6,D7,Overall\nAbe 2010,Low,Very high,Low,Low,Low,Low,Low,Very high\n",
    "quadas2": "Study,D1,D2,D3,D4,Overall\nAbe 2010,Low,Some concerns,High,Low,High\n",
    "quips": "Study\tD1\tD2\tD3\tD4\tD5\tD6\tOverall\nAbe 2010\tLow\tModerate\tLow\tLow\tLow\tLow\tModerate\n",
}


@pytest.fixture
def owner() -> User:
    return make_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    return make_membership(user=owner).review


def put(tmp_path: Path, text: str) -> Path:
    """Write a table."""
    path = tmp_path / "rob.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", TABLES)
def test_table_of_each_tool_is_known_by_header_and_words(tmp_path, review, owner, tool):
    result = ask("robvis", put(tmp_path, TABLES[tool]), review, owner)

    assert (result.is_saved, sentences(result)) == (True, [])
    assert f"Read as {get_tool(tool).name}." in result.notes
    found = Judgement.objects.all()
    assert {row.assessment.tool for row in found} == {tool}
    assert len(found) == len(get_tool(tool).domains) + 1 - (tool == "rob2_cluster")


@pytest.mark.parametrize("tool", TABLES)
def test_export_is_read_back_without_a_change(tmp_path, review, owner, tool):
    ask("robvis", put(tmp_path, TABLES[tool]), review, owner)
    first = export("robvis", review, owner)

    again = ask("robvis", put(tmp_path, first.decode()), review, owner, tool=tool)
    other = make_membership(user=owner).review
    ask("robvis", put(tmp_path, first.decode()), other, owner, tool=tool)

    assert (changed(again), sentences(again)) == ({}, [])
    assert export("robvis", other, owner) == first


def test_word_that_the_tool_lacks_is_refused_and_the_rest_goes_in(tmp_path, review, owner):
    text = "Study,D1,D2,D3,D4,D5,Overall\nAbe 2010,No information,Low,Low,Low,Low,Low\n"

    result = ask("robvis", put(tmp_path, text), review, owner)

    assert sentences(result) == [
        "rob.csv line 2, column D1: “No information” is no judgement of RoB 2; it has Low, Some concerns, High."
    ]
    assert Judgement.objects.count() == 5


def test_own_word_of_a_tool_is_told(tmp_path, review, owner):
    result = ask("robvis", put(tmp_path, TABLES["quadas2"]), review, owner)

    assert "“Some concerns” was taken as QUADAS-2's own word for it, “Unclear”, 1 times." in result.notes


def test_overall_judgement_that_departs_from_the_rule_is_the_files_own(tmp_path, review, owner):
    text = "Study,D1,D2,D3,D4,D5,Overall\nAbe 2010,Low,Some concerns,Some concerns,Low,Low,High\n"

    ask("robvis", put(tmp_path, text), review, owner)

    overall = Judgement.objects.get(domain="overall")
    assert (overall.judgement, overall.proposed) == ("high", "some_concerns")
    assert overall.justification == "Judged so in the file rob.csv."


@pytest.mark.parametrize(
    ("text", "answers", "begin"),
    [
        ("Study,D1,D2,D3,Overall\nA,Low,Low,Low,Low\n", {}, "rob.csv line 1: the columns are those of no tool"),
        ("Study,D1,D2,D3,D4,D5,D6,D7,Overall\nA,Low,Low,Low,Low,Low,Low,Low,Low\n", {}, "rob.csv: the table may be of"),
        (TABLES["rob2"], {"tool": "amstar"}, "rob.csv: there is no risk-of-bias tool “amstar”; the tools are quadas2"),
        (TABLES["rob2"], {"tool": "rob1"}, "rob.csv line 1: the columns are not those of RoB 1, which has 7 domains"),
        ("", {}, "rob.csv: the file is empty."),
        ("Study\nA\n", {}, "rob.csv line 1: the columns are those of no tool"),
    ],
)
def test_table_of_no_known_tool_is_refused_whole(tmp_path, review, owner, text, answers, begin):
    result = ask("robvis", put(tmp_path, text), review, owner, **answers)

    assert not result.is_saved
    assert sentences(result)[0].startswith(begin)
    assert not Study.objects.exists()


def test_studies_are_found_by_any_spelling_and_unknown_ones_refused(tmp_path, review, owner):
    make_study(review, code="Aasa_2015", label="Aasa 2015")
    text = (
        "Study,D1,D2,D3,D4,D5,Overall\nAasa et al. (2015),Low,Low,Low,Low,Low,Low\nAasa 2016,Low,Low,Low,Low,Low,Low\n"
    )

    refused = ask("robvis", put(tmp_path, text), review, owner)
    made = ask("robvis", put(tmp_path, text), review, owner, new_studies="true")

    assert sentences(refused) == [
        "rob.csv line 3, column Study: the review has no study “Aasa 2016”; did you mean “Aasa 2015”?"
    ]
    assert sentences(made) == []
    assert sorted(Study.objects.values_list("code", flat=True)) == ["Aasa-2016", "Aasa_2015"]


def test_stranger_may_not_export(tmp_path, review, owner):
    ask("robvis", put(tmp_path, TABLES["rob2"]), review, owner)

    with pytest.raises(NotAllowed):
        export("robvis", review, make_user())
