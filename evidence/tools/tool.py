"""A risk-of-bias tool: its domains, questions, judgements and the tables that lead from answers to a judgement."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

OVERALL = "overall"
WORST, PERSON = "worst", "person"
OVERALL_RULES = {WORST: "the worst domain decides", PERSON: "a person decides"}
ANSWERS = {
    "Y": "Yes",
    "PY": "Probably yes",
    "PN": "Probably no",
    "N": "No",
    "NI": "No information",
    "NA": "Not applicable",
}

Condition = Mapping[str, tuple[str, ...]]
"""Codes of questions with the answers that each must have; all must hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """A signalling question.

    `asked_if` lists conditions of which one must hold for the question to be asked; none: it is always asked. `effect`
    is the effect of interest that it belongs to, "" for all.
    """

    code: str
    number: str
    text: str
    answers: tuple[str, ...]
    asked_if: tuple[Condition, ...] = ()
    effect: str = ""
    help: str = ""

    def condition_sentence(self, numbers: Mapping[str, str]) -> str:
        """Say after which answers the question is asked; "" where it always is."""
        cases = [
            " and ".join(f"{'/'.join(answers)} to {numbers[code]}" for code, answers in case.items())
            for case in self.asked_if
        ]
        return f"Asked after {', or '.join(cases)}." if cases else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of a decision table: these answers give this judgement."""

    when: Condition
    level: str


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table: for each way to answer the questions exactly one of its rules holds."""

    rules: tuple[Rule, ...]
    effect: str = ""
    source: str = ""


class Step(NamedTuple):
    """A question on the way to a judgement, with the answer that it has."""

    code: str
    number: str
    answer: str

    def __str__(self) -> str:
        return f"{self.number} {ANSWERS[self.answer].lower()}"


class Proposal(NamedTuple):
    """What a domain's tables give, and the answers that led to it."""

    level: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A risk-of-bias tool in one version.

    `domains` maps code to name in the tool's order; `levels` maps code to name from best to worst; `overall_rule`
    names how the domains are combined; `effects` maps the effects of interest that change its questions to their
    names; `questions` and `tables` are by domain.
    """

    code: str
    name: str
    version: str
    citation: str
    domains: Mapping[str, str]
    levels: Mapping[str, str]
    overall_rule: str
    overall_note: str = ""
    note: str = ""
    effects: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)
    tables: Mapping[str, tuple[Table, ...]] = field(default_factory=dict)

    def has_domain(self, domain: str) -> bool:
        """Whether the code is a domain of the tool or its overall judgement."""
        return domain == OVERALL or domain in self.domains

    def has_level(self, level: str) -> bool:
        """Whether the code is a judgement of the tool."""
        return level in self.levels

    def domain_name(self, domain: str) -> str:
        """Name of a domain."""
        return "Overall" if domain == OVERALL else self.domains.get(domain, domain)

    def level_name(self, level: str) -> str:
        """Name of a judgement."""
        return self.levels.get(level, level)

    def domain_list(self) -> str:
        """The codes of the domains, for a sentence."""
        return ", ".join([*self.domains, OVERALL])

    def level_list(self) -> str:
        """The codes of the judgements, for a sentence."""
        return ", ".join(self.levels)

    def rank(self, level: str) -> int:
        """Place of a judgement from best (0) to worst."""
        return list(self.levels).index(level)

    def questions_of(self, domain: str, effect: str = "") -> tuple[Question, ...]:
        """Give the questions of a domain for an effect of interest."""
        return tuple(row for row in self.questions.get(domain, ()) if row.effect in ("", effect))

    def tables_of(self, domain: str, effect: str = "") -> tuple[Table, ...]:
        """Give the decision tables of a domain for an effect of interest."""
        return tuple(row for row in self.tables.get(domain, ()) if row.effect in ("", effect))

    def has_questions(self) -> bool:
        """Whether the tool has signalling questions at all."""
        return any(self.questions.values())

    def all_questions(self, effect: str = "") -> Iterator[tuple[str, Question]]:
        """Give each question with its domain, in the tool's order."""
        for domain in self.domains:
            for question in self.questions_of(domain, effect):
                yield domain, question

    def find_question(self, code: str, effect: str = "") -> Question | None:
        """Give the question with this code, None where the tool has none for the effect."""
        return next((row for _, row in self.all_questions(effect) if row.code == code), None)

    def asked(self, domain: str, answers: Mapping[str, str], effect: str = "") -> tuple[Question, ...]:
        """Give the questions of a domain that are to be answered, after the answers given so far."""
        return asked_of(self.questions_of(domain, effect), answers)

    def open_questions(self, domain: str, answers: Mapping[str, str], effect: str = "") -> tuple[Question, ...]:
        """Give the questions of a domain that are asked and have no answer yet."""
        return tuple(row for row in self.asked(domain, answers, effect) if not answers.get(row.code))

    def propose(self, domain: str, answers: Mapping[str, str], effect: str = "") -> Proposal | None:
        """Give what the tables of a domain say, the worst of them; None while one of them says nothing yet."""
        tables = self.tables_of(domain, effect)
        asked = self.asked(domain, answers, effect)
        given = {row.code: answers[row.code] for row in asked if answers.get(row.code)}
        found = [next((rule for rule in table.rules if holds(rule.when, given)), None) for table in tables]
        if not tables or None in found:
            return None
        rules = [rule for rule in found if rule is not None]
        worst = max((rule.level for rule in rules), key=self.rank)
        by_code = {row.code: row for row in asked}
        path: dict[str, Step] = {}
        for rule in rules:
            if rule.level == worst:
                _walk(rule.when, given, by_code, path)
        return Proposal(worst, tuple(path.values()))

    def propose_overall(self, judgements: Mapping[str, str]) -> str:
        """Give the overall judgement that the tool's rule gives, "" while a domain is not judged or a person decides.

        The published rules come to the worst judgement of any domain. RoB 2 also allows "high" where several domains
        raise some concerns "in a way that substantially lowers confidence"; that is a person's call, with a reason.
        """
        if self.overall_rule != WORST or any(domain not in judgements for domain in self.domains):
            return ""
        return max((judgements[domain] for domain in self.domains), key=self.rank)


def holds(condition: Condition, answers: Mapping[str, str]) -> bool:
    """Whether each question of the condition has one of its answers."""
    return all(answers.get(code) in allowed for code, allowed in condition.items())


def asked_of(questions: tuple[Question, ...], answers: Mapping[str, str]) -> tuple[Question, ...]:
    """Give the questions that are asked; an answer to a question that is not asked opens none."""
    asked: list[Question] = []
    given: dict[str, str] = {}
    for question in questions:
        if not question.asked_if or any(holds(case, given) for case in question.asked_if):
            asked.append(question)
            if answers.get(question.code):
                given[question.code] = answers[question.code]
    return tuple(asked)


def _walk(when: Condition, given: Mapping[str, str], asked: Mapping[str, Question], path: dict[str, Step]) -> None:
    """Put the questions of a condition on the path, each after the answers for which it was asked."""
    for code in when:
        if code in path:
            continue
        question = asked[code]
        _walk(next((case for case in question.asked_if if holds(case, given)), {}), given, asked, path)
        path[code] = Step(code, question.number, given[code])
