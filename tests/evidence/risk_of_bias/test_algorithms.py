"""The algorithms of RoB 2: every way to answer gives one judgement, the one of the flow chart, and never a kinder one
for a worse answer.

Sources and what of them was read: docs/risk-of-bias.md.
"""

from itertools import combinations

import pytest

from evidence.tools import Proposal, get_tool, walks
from evidence.tools.reading import distinct_answers
from tests.evidence.risk_of_bias.flow_charts import CHARTS

ROB2 = get_tool("rob2", "2019-08-22")
KEYS = list(CHARTS)
# All ways to answer the questions that are asked. A change of a question or of when it is asked moves these numbers.
WAYS = {
    ("randomisation", "assignment"): 125,
    ("deviations", "assignment"): 13277,
    ("deviations", "adhering"): 20988,
    ("missing_data", "assignment"): 110,
    ("measurement", "assignment"): 493,
    ("selection", "assignment"): 125,
}
# Paths read off the figures by hand, box by box: figure, domain, effect, answers in the order of the boxes, judgement.
READ_BY_HAND = [
    (1, "randomisation", "assignment", "1.1=NI 1.2=N 1.3=N", "high"),
    (1, "randomisation", "assignment", "1.1=Y 1.2=PN 1.3=NI", "high"),
    (1, "randomisation", "assignment", "1.1=Y 1.2=NI 1.3=PY", "high"),
    (1, "randomisation", "assignment", "1.1=N 1.2=NI 1.3=N", "some_concerns"),
    (1, "randomisation", "assignment", "1.1=NI 1.2=NI 1.3=NI", "some_concerns"),
    (1, "randomisation", "assignment", "1.1=N 1.2=Y 1.3=N", "some_concerns"),
    (1, "randomisation", "assignment", "1.1=PN 1.2=PY 1.3=Y", "some_concerns"),
    (1, "randomisation", "assignment", "1.1=Y 1.2=Y 1.3=Y", "some_concerns"),
    (1, "randomisation", "assignment", "1.1=Y 1.2=PY 1.3=PN", "low"),
    (1, "randomisation", "assignment", "1.1=NI 1.2=Y 1.3=NI", "low"),
    (2, "deviations", "assignment", "2.1=N 2.2=PN 2.6=Y", "low"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=PN 2.6=PY", "low"),
    (2, "deviations", "assignment", "2.1=NI 2.2=N 2.3=NI 2.6=Y", "some_concerns"),
    (2, "deviations", "assignment", "2.1=Y 2.2=N 2.3=PY 2.4=N 2.6=Y", "some_concerns"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=Y 2.4=NI 2.5=Y 2.6=Y", "some_concerns"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=Y 2.4=Y 2.5=NI 2.6=Y", "high"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=Y 2.4=Y 2.5=N 2.6=Y", "high"),
    (2, "deviations", "assignment", "2.1=N 2.2=N 2.6=NI 2.7=N", "some_concerns"),
    (2, "deviations", "assignment", "2.1=N 2.2=N 2.6=N 2.7=NI", "high"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=NI 2.6=PN 2.7=PY", "high"),
    (2, "deviations", "assignment", "2.1=Y 2.2=Y 2.3=Y 2.4=Y 2.5=N 2.6=N 2.7=N", "high"),
    (3, "deviations", "adhering", "2.1=N 2.2=N 2.4=NA 2.5=PN", "low"),
    (3, "deviations", "adhering", "2.1=N 2.2=N 2.4=N 2.5=Y 2.6=Y", "some_concerns"),
    (3, "deviations", "adhering", "2.1=N 2.2=N 2.4=NI 2.5=N 2.6=NI", "high"),
    (3, "deviations", "adhering", "2.1=Y 2.2=N 2.3=NA 2.4=N 2.5=NA", "low"),
    (3, "deviations", "adhering", "2.1=NI 2.2=N 2.3=PY 2.4=PY 2.5=N 2.6=PY", "some_concerns"),
    (3, "deviations", "adhering", "2.1=Y 2.2=Y 2.3=NI 2.4=N 2.5=N 2.6=Y", "some_concerns"),
    (3, "deviations", "adhering", "2.1=Y 2.2=Y 2.3=N 2.4=N 2.5=N 2.6=PN", "high"),
    (4, "missing_data", "assignment", "3.1=PY", "low"),
    (4, "missing_data", "assignment", "3.1=NI 3.2=Y", "low"),
    (4, "missing_data", "assignment", "3.1=N 3.2=PN 3.3=N", "low"),
    (4, "missing_data", "assignment", "3.1=N 3.2=N 3.3=NI 3.4=PN", "some_concerns"),
    (4, "missing_data", "assignment", "3.1=N 3.2=N 3.3=Y 3.4=NI", "high"),
    (4, "missing_data", "assignment", "3.1=N 3.2=N 3.3=Y 3.4=Y", "high"),
    (5, "measurement", "assignment", "4.1=PY 4.2=N", "high"),
    (5, "measurement", "assignment", "4.1=N 4.2=Y", "high"),
    (5, "measurement", "assignment", "4.1=NI 4.2=N 4.3=N", "low"),
    (5, "measurement", "assignment", "4.1=N 4.2=N 4.3=NI 4.4=PN", "low"),
    (5, "measurement", "assignment", "4.1=N 4.2=N 4.3=Y 4.4=Y 4.5=N", "some_concerns"),
    (5, "measurement", "assignment", "4.1=N 4.2=N 4.3=Y 4.4=NI 4.5=NI", "high"),
    (5, "measurement", "assignment", "4.1=N 4.2=NI 4.3=N", "some_concerns"),
    (5, "measurement", "assignment", "4.1=N 4.2=NI 4.3=Y 4.4=N", "some_concerns"),
    (5, "measurement", "assignment", "4.1=N 4.2=NI 4.3=Y 4.4=Y 4.5=PN", "some_concerns"),
    (5, "measurement", "assignment", "4.1=N 4.2=NI 4.3=Y 4.4=Y 4.5=PY", "high"),
    (6, "selection", "assignment", "5.1=Y 5.2=N 5.3=PN", "low"),
    (6, "selection", "assignment", "5.1=NI 5.2=N 5.3=N", "some_concerns"),
    (6, "selection", "assignment", "5.1=Y 5.2=NI 5.3=N", "some_concerns"),
    (6, "selection", "assignment", "5.1=N 5.2=N 5.3=NI", "some_concerns"),
    (6, "selection", "assignment", "5.1=Y 5.2=NI 5.3=NI", "some_concerns"),
    (6, "selection", "assignment", "5.1=Y 5.2=PY 5.3=NI", "high"),
    (6, "selection", "assignment", "5.1=Y 5.2=N 5.3=Y", "high"),
]
# How good an answer is, best first: answers that stand together are equally good in the figures.
BETTER = {
    "1.1": ("Y PY NI", "N PN"),
    "1.2": ("Y PY", "NI", "N PN"),
    "1.3": ("N PN NI", "Y PY"),
    "2.1": ("N PN", "Y PY NI"),
    "2.2": ("N PN", "Y PY NI"),
    "2.3-assignment": ("N PN", "NI", "Y PY"),
    "2.4-assignment": ("N PN", "Y PY NI"),
    "2.5-assignment": ("Y PY", "N PN NI"),
    "2.6-assignment": ("Y PY", "N PN NI"),
    "2.7-assignment": ("N PN", "Y PY NI"),
    "2.3-adhering": ("NA Y PY", "N PN NI"),
    "2.4-adhering": ("NA N PN", "Y PY NI"),
    "2.5-adhering": ("NA N PN", "Y PY NI"),
    "2.6-adhering": ("Y PY", "N PN NI"),
    "3.1": ("Y PY", "N PN NI"),
    "3.2": ("Y PY", "N PN"),
    "3.3": ("N PN", "Y PY NI"),
    "3.4": ("N PN", "Y PY NI"),
    "4.1": ("N PN NI", "Y PY"),
    "4.2": ("N PN", "NI", "Y PY"),
    "4.3": ("N PN", "Y PY NI"),
    "4.4": ("N PN", "Y PY NI"),
    "4.5": ("N PN", "Y PY NI"),
    "5.1": ("Y PY", "N PN NI"),
    "5.2": ("N PN", "NI", "Y PY"),
    "5.3": ("N PN", "NI", "Y PY"),
}


def ways(domain: str, effect: str) -> list[dict[str, str]]:
    return walks(ROB2.questions_of(domain, effect))


def level(domain: str, answers: dict[str, str], effect: str) -> str:
    proposal = ROB2.propose(domain, answers, effect)
    return proposal.level if proposal else ""


@pytest.mark.parametrize("key", WAYS, ids="-".join)
def test_number_of_ways_to_answer_is_as_counted(key):
    assert len(ways(*key)) == WAYS[key]


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_every_way_to_answer_gives_the_judgement_of_the_flow_chart(key):
    domain, effect = key
    chart = CHARTS[key]
    # A KeyError here would mean that the tool does not ask for what a box of the figure needs.
    differing = [
        (answers, expected)
        for answers in ways(domain, effect)
        if level(domain, answers, effect) != (expected := chart(answers))
    ]
    assert differing == []


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_every_way_to_answer_meets_one_rule_of_each_table(key):
    domain, effect = key
    for answers in ways(domain, effect):
        for table in ROB2.tables_of(domain, effect):
            met = [rule for rule in table.rules if all(answers.get(q) in allowed for q, allowed in rule.when.items())]
            assert len(met) == 1, answers


@pytest.mark.parametrize(("figure", "domain", "effect", "path", "judgement"), READ_BY_HAND)
def test_path_that_was_read_by_hand(figure, domain, effect, path, judgement):
    codes = {q.number: q.code for q in ROB2.questions_of(domain, effect)}
    answers = {codes[number]: answer for number, answer in (step.split("=") for step in path.split())}
    assert ROB2.open_questions(domain, answers, effect) == (), "the case leaves a question open"
    assert [q.code for q in ROB2.asked(domain, answers, effect)] == list(answers), "the case answers what is not asked"
    assert level(domain, answers, effect) == judgement
    assert all(f"Figure {figure}" in table.source for table in ROB2.tables_of(domain, effect))


def test_cases_read_by_hand_reach_every_rule():
    reached = set()
    for _, domain, effect, path, _ in READ_BY_HAND:
        codes = {q.number: q.code for q in ROB2.questions_of(domain, effect)}
        answers = {codes[number]: answer for number, answer in (step.split("=") for step in path.split())}
        for place, table in enumerate(ROB2.tables_of(domain, effect)):
            for number, rule in enumerate(table.rules):
                if all(answers.get(q) in allowed for q, allowed in rule.when.items()):
                    reached.add((domain, effect, place, number))
    rules = {
        (domain, effect, place, number)
        for domain, effect in WAYS
        for place, table in enumerate(ROB2.tables_of(domain, effect))
        for number in range(len(table.rules))
    }
    assert reached == rules


def badness(code: str, answer: str) -> int:
    return next(place for place, group in enumerate(BETTER[code]) if answer in group.split())


def test_every_question_has_its_order_of_answers():
    codes = {q.code: q for _, q in ROB2.all_questions("assignment")} | {
        q.code: q for _, q in ROB2.all_questions("adhering")
    }
    assert set(BETTER) == set(codes)
    for code, groups in BETTER.items():
        assert sorted(" ".join(groups).split()) == sorted(codes[code].answers)


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_worse_answer_never_gives_a_kinder_judgement(key):
    domain, effect = key
    questions = ROB2.questions_of(domain, effect)
    tables = ROB2.tables_of(domain, effect)
    choices = [sorted({a for t in tables for a in distinct_answers(q, questions, t)}) for q in questions]
    judged = [(answers, ROB2.rank(level(domain, answers, effect))) for answers in walks(questions, choices)]
    compared = 0
    for (one, rank_one), (other, rank_other) in combinations(judged, 2):
        differing = [code for code in one.keys() & other.keys() if one[code] != other[code]]
        if len(differing) != 1:
            continue
        code = differing[0]
        sign = badness(code, other[code]) - badness(code, one[code])
        compared += 1
        if sign > 0:
            assert rank_one <= rank_other, (one, other)
        elif sign < 0:
            assert rank_one >= rank_other, (one, other)
        else:
            assert rank_one == rank_other, (one, other)
    assert compared >= 10


def test_probably_counts_as_much_as_certainly():
    plain = {"PY": "Y", "PN": "N"}
    for domain, effect in KEYS:
        for answers in ways(domain, effect):
            certain = {code: plain.get(answer, answer) for code, answer in answers.items()}
            assert level(domain, answers, effect) == level(domain, certain, effect)


def test_judgement_is_proposed_as_soon_as_the_figure_reaches_it():
    assert level("randomisation", {"1.2": "N"}, "assignment") == "high"
    assert level("measurement", {"4.1": "Y"}, "assignment") == "high"
    assert level("randomisation", {"1.2": "Y", "1.1": "Y"}, "assignment") == ""
    assert level("deviations", {"2.1": "N", "2.2": "N"}, "assignment") == "", "part 2 is open"


def test_answer_to_a_question_that_is_not_asked_counts_for_nothing():
    answers = {"2.1": "N", "2.2": "N", "2.3-assignment": "Y", "2.4-assignment": "Y", "2.5-assignment": "N"}
    assert level("deviations", {**answers, "2.6-assignment": "Y"}, "assignment") == "low"


def test_domain_2_proposes_nothing_before_the_effect_of_interest_is_chosen():
    assert ROB2.tables_of("deviations") == ()
    assert [q.number for q in ROB2.questions_of("deviations")] == ["2.1", "2.2"]
    assert ROB2.propose("deviations", {"2.1": "N", "2.2": "N"}) is None


def test_proposal_names_the_way_that_led_to_it():
    answers = {"2.1": "Y", "2.2": "N", "2.3-assignment": "PY", "2.4-assignment": "NI", "2.5-assignment": "N"}
    found = ROB2.propose("deviations", {**answers, "2.6-assignment": "Y"}, "assignment")
    assert isinstance(found, Proposal)
    assert [str(step) for step in found.path] == [
        "2.1 yes",
        "2.3 probably yes",
        "2.4 no information",
        "2.5 no",
    ]


ALL = ("low", "some_concerns", "high")


@pytest.mark.parametrize("worst", ALL)
def test_overall_judgement_is_that_of_the_worst_domain(worst):
    judged = dict.fromkeys(ROB2.domains, "low") | {"measurement": worst}
    assert ROB2.propose_overall(judged) == worst


def test_several_domains_with_some_concerns_are_left_to_a_person():
    assert ROB2.propose_overall(dict.fromkeys(ROB2.domains, "some_concerns")) == "some_concerns"
    assert "a person may judge" in ROB2.overall_note
