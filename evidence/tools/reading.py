"""Reading the definition of a tool: every fault is a sentence that names its place."""

import json
import re
from collections.abc import Mapping
from itertools import product
from typing import Any

from evidence.tools.tool import ANSWERS, OVERALL, OVERALL_RULES, Condition, Question, Rule, Table, Tool, asked_of, holds

CODE = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_DOMAIN, LONGEST_LEVEL, LONGEST_QUESTION, LONGEST_EFFECT = 40, 20, 30, 20
MOST_CASES = 50_000
KEYS = {
    "the definition": {
        *(
            "code",
            "name",
            "version",
            "citation",
            "note",
            "levels",
            "effects",
            "overall_rule",
            "overall_note",
            "domains",
        ),
    },
    "domain": {"code", "name", "questions", "tables"},
    "question": {"code", "number", "text", "help", "answers", "asked_if", "effect"},
    "table": {"effect", "source", "rules"},
    "rule": {"when", "level"},
}


class FaultyDefinition(ValueError):
    """A definition of a tool cannot be used; `faults` says each reason in a sentence."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults))


def parse_definition(text: str, **named: str) -> Tool:
    """Give the tool that a JSON text defines; `named` (code, name, version) stands above what the text says."""
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise FaultyDefinition(
            [f"Line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})."]
        ) from error
    if not isinstance(raw, dict):
        raise FaultyDefinition(["The definition must be an object: {“levels”: ..., “domains”: [...]}."])
    return read_definition({**raw, **named})


def read_definition(raw: Mapping[str, Any]) -> Tool:
    """Give the tool that a definition describes; raise FaultyDefinition with all faults that are found."""
    return _Reader().tool(raw)


class _Reader:
    """Reads a definition and notes what is wrong with it, place by place."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def note(self, place: str, sentence: str) -> None:
        self.faults.append(f"{place[:1].upper()}{place[1:]}: {sentence}")

    def tool(self, raw: Mapping[str, Any]) -> Tool:
        self.keys(raw, "the definition", "the definition")
        levels = self.names(raw.get("levels"), "levels", LONGEST_LEVEL, least=2)
        effects = self.names(raw.get("effects", {}), "effects", LONGEST_EFFECT, least=0)
        if raw.get("overall_rule") not in OVERALL_RULES:
            self.note("overall_rule", f"say one of {', '.join(OVERALL_RULES)}.")
        domains: dict[str, str] = {}
        questions: dict[str, tuple[Question, ...]] = {}
        tables: dict[str, tuple[Table, ...]] = {}
        used: set[str] = set()
        for number, row in enumerate(self.rows(raw.get("domains"), "domains", least=1), start=1):
            place = f"domain {number}"
            if not self.is_object(row, place, "domain"):
                continue
            code = self.code(row.get("code"), place, LONGEST_DOMAIN)
            if code in domains or code == OVERALL:
                self.note(place, f"the code “{code}” is already in use.")
            place = f"domain {number} (“{code}”)"
            domains[code] = self.text(row.get("name"), f"{place}, name")
            questions[code] = self.questions(row.get("questions", []), place, effects, used)
            tables[code] = self.tables(row.get("tables", []), place, questions[code], levels, effects)
        tool = Tool(
            **{name: self.text(raw.get(name), name) for name in ("code", "name", "version")},
            **{name: self.text(raw.get(name, ""), name, empty=True) for name in ("citation", "note", "overall_note")},
            domains=domains,
            levels=levels,
            effects=effects,
            overall_rule=str(raw.get("overall_rule")),
            questions=questions,
            tables=tables,
        )
        for code in sorted(used & {*domains, OVERALL}):
            self.note(f"question “{code}”", "the code is that of a domain; give the question another code.")
        if not self.faults:
            self.faults = faults_of_tables(tool)
        if self.faults:
            raise FaultyDefinition(self.faults)
        return tool

    def questions(self, raw: Any, place: str, effects: Mapping[str, str], used: set[str]) -> tuple[Question, ...]:
        found: list[Question] = []
        for number, row in enumerate(self.rows(raw, f"{place}, questions", least=0), start=1):
            at = f"{place}, question {number}"
            if not self.is_object(row, at, "question"):
                continue
            shown = self.text(row.get("number"), f"{at}, number")
            at = f"{place}, question {shown or number}"
            code = str(row.get("code", shown))
            if code in used:
                self.note(at, f"the code “{code}” is already in use.")
            if len(code) > LONGEST_QUESTION:
                self.note(at, f"the code “{code}” is longer than {LONGEST_QUESTION} characters.")
            used.add(code)
            found.append(
                Question(
                    code=code,
                    number=shown,
                    text=self.text(row.get("text"), f"{at}, text"),
                    help=self.text(row.get("help", ""), f"{at}, help", empty=True),
                    answers=self.answers(row.get("answers"), f"{at}, answers", list(ANSWERS)),
                    asked_if=tuple(
                        self.condition(case, f"{at}, asked_if", found)
                        for case in self.rows(row.get("asked_if", []), f"{at}, asked_if", least=0)
                    ),
                    effect=self.effect(row.get("effect", ""), at, effects),
                )
            )
        return tuple(found)

    def tables(
        self,
        raw: Any,
        place: str,
        questions: tuple[Question, ...],
        levels: Mapping[str, str],
        effects: Mapping[str, str],
    ) -> tuple[Table, ...]:
        found = []
        for number, row in enumerate(self.rows(raw, f"{place}, tables", least=0), start=1):
            at = f"{place}, table {number}"
            if not self.is_object(row, at, "table"):
                continue
            effect = self.effect(row.get("effect", ""), at, effects)
            visible = [question for question in questions if not effect or question.effect in ("", effect)]
            rules = self.rows(row.get("rules"), f"{at}, rules", least=1)
            found.append(
                Table(
                    rules=tuple(
                        self.rule(rule, f"{at}, rule {place_}", visible, levels) for place_, rule in enumerate(rules, 1)
                    ),
                    effect=effect,
                    source=self.text(row.get("source", ""), f"{at}, source", empty=True),
                )
            )
        return tuple(found)

    def rule(self, raw: Any, place: str, questions: list[Question], levels: Mapping[str, str]) -> Rule:
        if not self.is_object(raw, place, "rule"):
            return Rule({}, "")
        level = str(raw.get("level", ""))
        if level not in levels:
            self.note(place, f"“{level}” is not one of the levels ({', '.join(levels)}).")
        return Rule(self.condition(raw.get("when"), f"{place}, when", questions), level)

    def condition(self, raw: Any, place: str, questions: list[Question]) -> Condition:
        if not isinstance(raw, dict) or not raw:
            self.note(place, "give an object of questions and answers, such as {“1.1”: [“N”, “PN”]}.")
            return {}
        known = {question.code: question for question in questions}
        condition = {}
        for code, answers in raw.items():
            if code not in known:
                listed = ", ".join(known) or "none"
                self.note(place, f"there is no earlier question “{code}” here; there is {listed}.")
                continue
            condition[code] = self.answers(answers, f"{place}, {code}", list(known[code].answers))
        return condition

    def answers(self, raw: Any, place: str, allowed: list[str]) -> tuple[str, ...]:
        found = [str(answer) for answer in self.rows(raw, place, least=1)]
        for answer in found:
            if answer not in allowed:
                self.note(place, f"“{answer}” is not one of {', '.join(allowed)}.")
        if len(set(found)) < len(found):
            self.note(place, "an answer stands there twice.")
        return tuple(found)

    def names(self, raw: Any, place: str, longest: int, *, least: int) -> dict[str, str]:
        if not isinstance(raw, dict) or len(raw) < least:
            self.note(place, f"give an object of codes and names, at least {least}.")
            return {}
        return {self.code(code, place, longest): self.text(name, f"{place}, {code}") for code, name in raw.items()}

    def code(self, raw: Any, place: str, longest: int) -> str:
        code = str(raw)
        if not CODE.fullmatch(code) or len(code) > longest:
            self.note(
                place,
                f"the code “{code}” must be small letters, digits and _, begin with a letter, and have at most "
                f"{longest} characters.",
            )
        return code

    def effect(self, raw: Any, place: str, effects: Mapping[str, str]) -> str:
        effect = str(raw)
        if effect and effect not in effects:
            self.note(place, f"“{effect}” is not one of the effects ({', '.join(effects) or 'there are none'}).")
        return effect

    def text(self, raw: Any, place: str, *, empty: bool = False) -> str:
        if not isinstance(raw, str) or not (raw.strip() or empty):
            self.note(place, "a text is missing.")
            return ""
        return raw.strip()

    def rows(self, raw: Any, place: str, *, least: int) -> list[Any]:
        if not isinstance(raw, list) or len(raw) < least:
            self.note(place, f"give a list{f' of at least {least}' if least else ''}.")
            return []
        return raw

    def is_object(self, raw: Any, place: str, kind: str) -> bool:
        if not isinstance(raw, dict):
            self.note(place, "give an object.")
            return False
        self.keys(raw, place, kind)
        return True

    def keys(self, raw: Mapping[str, Any], place: str, kind: str) -> None:
        for key in sorted(set(raw) - KEYS[kind]):
            self.note(place, f"“{key}” means nothing here; there is {', '.join(sorted(KEYS[kind]))}.")


def faults_of_tables(tool: Tool) -> list[str]:
    """Say for which answers a table gives no judgement, or two, and which of its rules never holds."""
    faults = []
    for domain in tool.domains:
        for effect in tool.effects or [""]:
            for number, table in enumerate(tool.tables_of(domain, effect), start=1):
                place = f"Domain “{domain}”, table {number}"
                faults += _faults_of_table(place, tool.questions_of(domain, effect), table)
    return list(dict.fromkeys(faults))


def _faults_of_table(place: str, questions: tuple[Question, ...], table: Table) -> list[str]:
    choices = [distinct_answers(question, questions, table) for question in questions]
    cases = 1
    for row in choices:
        cases *= len(row) or 1
    if cases > MOST_CASES:
        return [f"{place}: it has more than {MOST_CASES} cases, too many to check; split the domain."]
    faults, used = [], set()
    for answers in walks(questions, choices):
        matching = [number for number, rule in enumerate(table.rules, start=1) if holds(rule.when, answers)]
        used.update(matching)
        if len(matching) != 1:
            given = ", ".join(f"{code} {answer}" for code, answer in answers.items())
            which = " and ".join(map(str, matching))
            says = f"rules {which} hold at once" if matching else "no rule holds"
            faults.append(f"{place}: {says} for {given}.")
    faults += [
        f"{place}: rule {number} never holds." for number in range(1, len(table.rules) + 1) if number not in used
    ]
    return faults[:3]


def distinct_answers(question: Question, questions: tuple[Question, ...], table: Table) -> list[str]:
    """Give one answer for each group that no condition of the domain tells apart."""
    conditions = [case for row in questions for case in row.asked_if] + [rule.when for rule in table.rules]
    groups: dict[tuple[bool, ...], str] = {}
    for answer in question.answers:
        told = tuple(answer in case[question.code] for case in conditions if question.code in case)
        groups.setdefault(told, answer)
    return list(groups.values())


def walks(questions: tuple[Question, ...], choices: list[list[str]] | None = None) -> list[dict[str, str]]:
    """Give every way to answer the questions: each that is asked has one of its answers, no other has any."""
    choices = choices or [list(question.answers) for question in questions]
    found: dict[tuple[tuple[str, str], ...], None] = {}
    for combination in product(*choices):
        answers = dict(zip((question.code for question in questions), combination, strict=True))
        asked = {question.code for question in asked_of(questions, answers)}
        found[tuple((code, answer) for code, answer in answers.items() if code in asked)] = None
    return [dict(walk) for walk in found]
