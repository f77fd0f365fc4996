"""Two submitted assessments side by side: what is agreed, what differs, and what an adjudicator has decided of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evidence.models import Assessment, AssessmentDecision, Judgement, SignallingAnswer
from evidence.tools import OVERALL, Proposal, Question, Tool

FIRST, SECOND, OTHER = AssessmentDecision.Taken


@dataclass(frozen=True, slots=True)
class Item:
    """A question or a judgement as the two readers gave it, and the value that holds: "" while nothing is decided."""

    code: str
    domain: str
    question: Question | None
    first: SignallingAnswer | Judgement | None
    second: SignallingAnswer | Judgement | None
    first_value: str
    second_value: str
    value: str
    is_agreed: bool
    decision: AssessmentDecision | None = None

    @property
    def is_open(self) -> bool:
        """Whether the readers differ and nobody has decided."""
        return not self.value


@dataclass(slots=True)
class Comparison:
    """All items of two assessments in the tool's order, as far as the decisions made so far lead."""

    tool: Tool
    effect: str
    questions: dict[str, Item] = field(default_factory=dict)
    judgements: dict[str, Item] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    overall_proposal: str = ""

    def items(self) -> Iterator[Item]:
        """Give the questions and then the judgement of each domain, the overall judgement last."""
        for domain in self.tool.domains:
            yield from (item for item in self.questions.values() if item.domain == domain)
            if domain in self.judgements:
                yield self.judgements[domain]
        if OVERALL in self.judgements:
            yield self.judgements[OVERALL]

    @property
    def differences(self) -> list[Item]:
        """What the readers differ in, decided or not."""
        return [item for item in self.items() if not item.is_agreed]

    @property
    def open_items(self) -> list[Item]:
        """What is still to be decided."""
        return [item for item in self.items() if item.is_open]

    @property
    def is_settled(self) -> bool:
        """Whether every question and every judgement has a value."""
        return set(self.judgements) == {*self.tool.domains, OVERALL} and not self.open_items

    def proposal_of(self, domain: str) -> str:
        """Give what the tool's rules say for the values that hold."""
        if domain == OVERALL:
            return self.overall_proposal
        return self.proposals[domain].level if domain in self.proposals else ""


def compare(
    first: Assessment, second: Assessment, decisions: Mapping[str, AssessmentDecision] | None = None
) -> Comparison:
    """Compare two assessments of one result, question by question and domain by domain."""
    return _Comparing(first, second, decisions or {}).run()


class _Comparing:
    def __init__(self, first: Assessment, second: Assessment, decisions: Mapping[str, AssessmentDecision]) -> None:
        self.decisions, self.found = decisions, Comparison(first.definition, first.effect)
        self.answers = [{row.question: row for row in one.answers.all()} for one in (first, second)]
        self.judged = [{row.domain: row for row in one.judgements.all()} for one in (first, second)]

    def run(self) -> Comparison:
        found = self.found
        for domain in found.tool.domains:
            if self.compare_questions(domain):
                self.compare_judgement(domain)
        if set(found.judgements) == set(found.tool.domains) and not found.open_items:
            held = {domain: item.value for domain, item in found.judgements.items()}
            found.overall_proposal = found.tool.propose_overall(held)
            self.compare_judgement(OVERALL)
        return found

    def compare_questions(self, domain: str) -> bool:
        """Walk the questions that are asked after the values that hold; whether all of them have one."""
        tool, effect = self.found.tool, self.found.effect
        given = [{code: row.answer for code, row in rows.items()} for rows in self.answers]
        asked = [{question.code for question in tool.asked(domain, one, effect)} for one in given]
        holding: dict[str, str] = {}
        for question in tool.questions_of(domain, effect):
            if question not in tool.asked(domain, holding, effect):
                continue
            code = question.code
            values = [one.get(code, "") if code in open_ else "" for one, open_ in zip(given, asked, strict=True)]
            rows = [one.get(code) if value else None for one, value in zip(self.answers, values, strict=True)]
            item = self.item(code, domain, question, rows[0], rows[1], values[0], values[1])
            self.found.questions[code] = item
            holding[code] = item.value
        proposal = tool.propose(domain, holding, effect)
        if proposal is not None:
            self.found.proposals[domain] = proposal
        return not tool.open_questions(domain, holding, effect)

    def compare_judgement(self, domain: str) -> None:
        """Take what the rules propose where both followed them; else both judgements, or the decision."""
        first, second = (rows.get(domain) for rows in self.judged)
        proposed = self.found.proposal_of(domain)
        values = [row.judgement if row else "" for row in (first, second)]
        if proposed and not any(row is not None and row.departs for row in (first, second)):
            item = Item(domain, domain, None, first, second, values[0], values[1], proposed, is_agreed=True)
        else:
            item = self.item(domain, domain, None, first, second, values[0], values[1])
        self.found.judgements[domain] = item

    def item(
        self,
        code: str,
        domain: str,
        question: Question | None,
        first: SignallingAnswer | Judgement | None,
        second: SignallingAnswer | Judgement | None,
        first_value: str,
        second_value: str,
    ) -> Item:
        """Give an item with the value that both have, or that was decided while they had these two."""
        if first_value and first_value == second_value:
            return Item(code, domain, question, first, second, first_value, second_value, first_value, is_agreed=True)
        decision = self.decisions.get(code)
        if decision is not None and (decision.first_value, decision.second_value) != (first_value, second_value):
            decision = None
        value = decision.value if decision else ""
        return Item(
            code, domain, question, first, second, first_value, second_value, value, is_agreed=False, decision=decision
        )
