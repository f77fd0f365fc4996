"""Risk-of-bias tools as data: whole, and their rule for the overall judgement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.tools import OVERALL, UnknownTool, all_tools, get_tool

# Tools whose authors give no rule for the whole.
BY_A_PERSON = {"robins_e", "quadas2", "quips"}
ROB2_DOMAINS = ("randomisation", "deviations", "missing_data", "measurement", "selection")


def test_rob2_has_the_five_domains_of_its_publication():
    tool = get_tool("rob2")
    assert tuple(tool.domains) == ROB2_DOMAINS
    assert tuple(tool.levels) == ("low", "some_concerns", "high")


def test_rob1_has_the_seven_domains_of_its_publication():
    tool = get_tool("rob1")
    assert len(tool.domains) == 7
    assert tuple(tool.levels) == ("low", "unclear", "high")


@pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: tool.code)
def test_tool_is_whole(tool):
    assert tool.overall_rule == ("person" if tool.code in BY_A_PERSON else "worst")
    assert tool.version
    assert "doi:10." in tool.citation
    assert OVERALL not in tool.domains
    assert max(map(len, [*tool.domains, OVERALL])) <= 40, "longer than the column"
    assert max(map(len, tool.levels)) <= 20, "longer than the column"


@pytest.mark.parametrize(
    "tool", [tool for tool in all_tools() if tool.code not in BY_A_PERSON], ids=lambda tool: tool.code
)
@given(data=st.data())
def test_overall_judgement_is_the_worst_of_the_domains(tool, data):
    levels = data.draw(st.lists(st.sampled_from(list(tool.levels)), min_size=len(tool.domains), max_size=99))
    judgements = dict(zip(tool.domains, levels, strict=False))
    proposed = tool.propose_overall(judgements)
    assert proposed in judgements.values()
    assert all(tool.rank(level) <= tool.rank(proposed) for level in judgements.values())


@pytest.mark.parametrize("code", sorted(BY_A_PERSON))
def test_nothing_is_proposed_where_a_person_judges_the_whole(code):
    tool = get_tool(code)
    assert tool.propose_overall(dict.fromkeys(tool.domains, "high")) == ""
    assert "algorithm" in tool.note


def test_robins_e_has_the_seven_domains_and_four_levels_of_its_publication():
    tool = get_tool("robins_e")
    assert len(tool.domains) == 7
    assert tuple(tool.levels) == ("low", "some_concerns", "high", "very_high")


@pytest.mark.parametrize("left_out", ROB2_DOMAINS)
def test_nothing_is_proposed_while_a_domain_is_not_judged(left_out):
    judgements = {domain: "high" for domain in ROB2_DOMAINS if domain != left_out}
    assert get_tool("rob2").propose_overall(judgements) == ""


def test_unknown_tool_is_refused_with_the_known_ones():
    with pytest.raises(UnknownTool, match="no risk-of-bias tool “rob3”; the tools are quadas2, quips, rob1, rob2"):
        get_tool("rob3")


def test_tool_names_its_domains_and_levels():
    tool = get_tool("rob2")
    assert tool.has_domain("overall")
    assert not tool.has_domain("other")
    assert not tool.has_level("unclear")
    assert tool.domain_name("overall") == "Overall"
    assert tool.domain_name("selection") == "D5 Selection of the reported result"
    assert tool.level_name("some_concerns") == "Some concerns"
    assert tool.domain_list() == "randomisation, deviations, missing_data, measurement, selection, overall"
    assert tool.level_list() == "low, some_concerns, high"
