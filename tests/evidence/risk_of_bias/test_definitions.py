"""Tools as data: each version stays loadable, and a definition with a fault is refused with the place of the fault."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from evidence import tools
from evidence.tools import FaultyDefinition, UnknownTool, all_tools, all_versions, get_tool, parse_definition
from evidence.tools.tool import ANSWERS

SHORT = 30  # words


def definition(**changed: Any) -> dict[str, Any]:
    """Give a sound definition of a small tool, with changes."""
    return {
        "code": "own",
        "name": "Own",
        "version": "1",
        "levels": {"good": "Good", "poor": "Poor"},
        "overall_rule": "worst",
        "domains": [domain()],
        **changed,
    }


def domain(**changed: Any) -> dict[str, Any]:
    return {
        "code": "first",
        "name": "First",
        "questions": [
            {"number": "1", "text": "Was it random?", "answers": ["Y", "N", "NI"]},
            {"number": "2", "text": "How?", "answers": ["Y", "N"], "asked_if": [{"1": ["NI"]}]},
        ],
        "tables": [
            {
                "rules": [
                    {"when": {"1": ["Y"]}, "level": "good"},
                    {"when": {"1": ["N"]}, "level": "poor"},
                    {"when": {"2": ["Y"]}, "level": "good"},
                    {"when": {"2": ["N"]}, "level": "poor"},
                ]
            }
        ],
        **changed,
    }


def faults(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(FaultyDefinition) as refused:
        parse_definition(json.dumps(raw))
    return refused.value.faults


def test_sound_definition_is_read():
    tool = parse_definition(json.dumps(definition()))
    assert tool.propose("first", {"1": "NI", "2": "N"}).level == "poor"
    assert tool.propose("first", {"1": "NI"}) is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (definition(levels={"good": "Good"}), "Levels: give an object of codes and names, at least 2."),
        (definition(levels={"Good": "Good", "poor": "Poor"}), "Levels: the code “Good” must be small letters"),
        (definition(overall_rule="mean"), "Overall_rule: say one of worst, person."),
        (definition(domains=[]), "Domains: give a list of at least 1."),
        (definition(domains=[domain(), domain()]), "Domain 2: the code “first” is already in use."),
        (definition(domains=[domain(code="overall")]), "Domain 1: the code “overall” is already in use."),
        (definition(domains=[domain(name="")]), "Domain 1 (“first”), name: a text is missing."),
        (definition(colour="red"), "The definition: “colour” means nothing here"),
        (definition(version=None), "Version: a text is missing."),
        (
            definition(domains=[domain(questions=[{"number": "1", "text": "?", "answers": ["MAYBE"]}])]),
            "Domain 1 (“first”), question 1, answers: “MAYBE” is not one of Y, PY, PN, N, NI, NA.",
        ),
        (
            definition(domains=[domain(questions=[{"number": "1", "text": "?", "answers": ["Y", "Y"]}])]),
            "Domain 1 (“first”), question 1, answers: an answer stands there twice.",
        ),
        (
            definition(
                domains=[domain(questions=[{"number": "1", "text": "?", "answers": ["Y"], "asked_if": [{"2": ["Y"]}]}])]
            ),
            "Domain 1 (“first”), question 1, asked_if: there is no earlier question “2” here; there is none.",
        ),
        (
            definition(domains=[domain(tables=[{"rules": [{"when": {"1": ["Y"]}, "level": "best"}]}])]),
            "Domain 1 (“first”), table 1, rule 1: “best” is not one of the levels (good, poor).",
        ),
        (
            definition(domains=[domain(tables=[{"rules": [{"when": {"3": ["Y"]}, "level": "good"}]}])]),
            "Domain 1 (“first”), table 1, rule 1, when: there is no earlier question “3” here; there is 1, 2.",
        ),
        (
            definition(domains=[domain(tables=[{"rules": [{"when": {"1": ["PY"]}, "level": "good"}]}])]),
            "Domain 1 (“first”), table 1, rule 1, when, 1: “PY” is not one of Y, N, NI.",
        ),
        (
            definition(domains=[domain(tables=[{"rules": [{"when": {}, "level": "good"}]}])]),
            "Domain 1 (“first”), table 1, rule 1, when: give an object of questions and answers",
        ),
        (
            definition(
                domains=[domain(tables=[{"effect": "itt", "rules": [{"when": {"1": ["Y"]}, "level": "good"}]}])]
            ),
            "Domain 1 (“first”), table 1: “itt” is not one of the effects (there are none).",
        ),
        (
            definition(domains=[domain(), domain(code="1", questions=[], tables=[])]),
            "Domain 2: the code “1” must be small letters",
        ),
        (
            definition(domains=[domain(questions=[{"number": "first", "text": "?", "answers": ["Y"]}], tables=[])]),
            "Question “first”: the code is that of a domain; give the question another code.",
        ),
        (definition(domains=["first"]), "Domain 1: give an object."),
    ],
)
def test_fault_is_named_with_its_place(raw, says):
    found = faults(raw)
    assert any(sentence.startswith(says) for sentence in found), found


RULES = domain()["tables"][0]["rules"]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (RULES[1:], "Domain “first”, table 1: no rule holds for 1 Y."),
        (RULES[:3], "Domain “first”, table 1: no rule holds for 1 NI, 2 N."),
        (
            [*RULES, {"when": {"1": ["Y"]}, "level": "poor"}],
            "Domain “first”, table 1: rules 1 and 5 hold at once for 1 Y.",
        ),
        ([*RULES, {"when": {"1": ["Y"], "2": ["Y"]}, "level": "poor"}], "Domain “first”, table 1: rule 5 never holds."),
    ],
)
def test_table_gives_one_judgement_for_every_way_to_answer(rules, says):
    assert says in faults(definition(domains=[domain(tables=[{"rules": rules}])]))


def test_table_with_too_many_cases_is_refused_instead_of_checked_for_ever():
    questions = [{"number": str(n), "text": "?", "answers": ["Y", "N"]} for n in range(20)]
    rules = [{"when": {str(n): ["Y"]}, "level": "good"} for n in range(20)]
    found = faults(definition(domains=[domain(questions=questions, tables=[{"rules": rules}])]))
    assert found == ["Domain “first”, table 1: it has more than 50000 cases, too many to check; split the domain."]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Line 1, column 2: this is not JSON"),
        ('{\n "levels": {},,', "Line 2, column 15: this is not JSON"),
        ("[]", "The definition must be an object"),
        ("", "Line 1, column 1: this is not JSON"),
    ],
)
def test_text_that_is_no_definition_is_refused(text, says):
    with pytest.raises(FaultyDefinition, match=r"JSON|object") as refused:
        parse_definition(text)
    assert refused.value.faults[0].startswith(says)


def test_all_faults_are_told_at_once():
    found = faults(definition(overall_rule="mean", levels={}, domains=[domain(name="")]))
    assert len(found) > 2


def test_example_of_the_documentation_is_sound():
    text = (Path(__file__).resolve().parents[3] / "docs" / "risk-of-bias.md").read_text(encoding="utf-8")
    block = re.search(r"^    \{\n(?:    .*\n)+?    \}\n", text, re.MULTILINE)
    assert block
    tool = parse_definition(block.group(0), code="own", name="Own", version="1")
    assert tool.propose("funding", {"1": "PY", "2": "NI"}).level == "high"


def test_documentation_counts_what_there_is():
    text = (Path(__file__).resolve().parents[3] / "docs" / "risk-of-bias.md").read_text(encoding="utf-8")
    for tool in all_tools():
        assert re.search(rf"\| `{tool.code}` \|.*\| {tool.version} \|", text), tool.code


# Published tools ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", all_versions(), ids=lambda tool: f"{tool.code}-{tool.version}")
def test_every_version_stays_loadable(tool):
    assert get_tool(tool.code, tool.version) is tool
    assert get_tool(tool.code).version >= tool.version


@pytest.mark.parametrize("tool", all_versions(), ids=lambda tool: f"{tool.code}-{tool.version}")
def test_questions_are_in_short_words_under_their_official_numbers(tool):
    for effect in tool.effects or [""]:
        numbers = [question.number for _, question in tool.all_questions(effect)]
        assert numbers == sorted(set(numbers), key=lambda number: [int(part) for part in number.split(".")])
    for questions in tool.questions.values():
        for question in questions:
            assert len(question.text.split()) <= SHORT
            assert set(question.answers) <= set(ANSWERS)


def test_unknown_version_is_refused_with_the_known_ones():
    with pytest.raises(UnknownTool, match="There is no version “1999” of “rob2”; there is 2019-08-22"):
        get_tool("rob2", "1999")


@pytest.mark.parametrize(("effect", "questions"), [("assignment", 22), ("adhering", 21)])
def test_rob2_has_the_questions_of_its_publication(effect, questions):
    assert len(list(get_tool("rob2").all_questions(effect))) == questions


@pytest.mark.parametrize(("effect", "questions"), [("assignment", 30), ("adhering", 32)])
def test_robins_i_has_the_questions_of_its_publication(effect, questions):
    tool = get_tool("robins_i")
    assert len(list(tool.all_questions(effect))) == questions
    assert len(tool.domains) == 7
    assert not any(tool.tables.values()), "the version of 2016 has no algorithm for its domains"


@pytest.mark.parametrize(
    ("levels", "overall"),
    [
        (["low"], "low"),
        (["moderate"], "moderate"),
        (["serious", "moderate"], "serious"),
        (["critical", "no_information"], "critical"),
        (["serious", "no_information"], "serious"),
        (["no_information"], "no_information"),
        (["no_information", "moderate"], "no_information"),
    ],
)
def test_robins_i_is_overall_at_least_as_severe_as_its_worst_domain(levels, overall):
    tool = get_tool("robins_i")
    judged = dict.fromkeys(tool.domains, "low") | dict(zip(tool.domains, levels, strict=False))
    assert tool.propose_overall(judged) == overall


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"1.1": "N"}, "1.1"),
        ({"1.1": "Y", "1.2": "N"}, "1.1 1.2 1.4 1.6"),
        ({"1.1": "Y", "1.2": "N", "1.4": "PY"}, "1.1 1.2 1.4 1.5 1.6"),
        ({"1.1": "Y", "1.2": "Y", "1.3": "PN"}, "1.1 1.2 1.3 1.4 1.6"),
        ({"1.1": "Y", "1.2": "Y", "1.3": "Y", "1.7": "Y"}, "1.1 1.2 1.3 1.7 1.8"),
    ],
)
def test_robins_i_asks_for_baseline_or_for_time_varying_confounding(given, asked):
    found = get_tool("robins_i").asked("confounding", given, "assignment")
    assert " ".join(question.number for question in found) == asked


@pytest.mark.parametrize(
    ("given", "is_asked"),
    [
        ({"2.1": "N", "2.4": "Y"}, False),
        ({"2.1": "N", "2.4": "PN"}, True),
        ({"2.1": "Y", "2.2": "Y", "2.3": "N", "2.4": "Y"}, False),
        ({"2.1": "Y", "2.2": "Y", "2.3": "PY", "2.4": "Y"}, True),
    ],
)
def test_robins_i_asks_for_correction_only_where_there_is_something_to_correct(given, is_asked):
    found = get_tool("robins_i").asked("selection_of_participants", given, "assignment")
    assert ("2.5" in [question.number for question in found]) is is_asked


@pytest.mark.parametrize("code", ["rob1", "rob2_cluster", "rob2_crossover"])
def test_tool_without_an_algorithm_says_so_and_proposes_only_the_overall_judgement(code):
    tool = get_tool(code)
    assert not tool.has_questions()
    assert "algorithm" in tool.note
    assert tool.propose_overall(dict.fromkeys(tool.domains, "high")) == "high"


def test_newest_version_is_the_one_that_new_assessments_take(monkeypatch):
    newer = parse_definition(
        json.dumps(
            definition(
                code="rob2",
                name="RoB 2",
                version="2031-01-01",
                levels={"low": "Low", "high": "High"},
                domains=[{"code": "first", "name": "First"}],
            )
        )
    )
    stand = tuple(sorted([*all_versions(), newer], key=lambda tool: (tool.code, tool.version)))
    monkeypatch.setattr(tools, "all_versions", lambda: stand)
    monkeypatch.setattr(tools, "all_tools", lambda: tuple({tool.code: tool for tool in stand}.values()))
    assert tools.get_tool("rob2").version == "2031-01-01"
    assert tools.get_tool("rob2", "2019-08-22").version == "2019-08-22"
    assert {tool.code for tool in tools.all_tools()} == {tool.code for tool in all_tools()}
