"""The page of one assessment: its questions, what they propose, and the judgements, as saved or as just sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import cached_property

from evidence.admin import versions
from evidence.admin.risk_of_bias.forms import QuestionForm, RowForm, VerdictForm
from evidence.models import Assessment
from evidence.services.risk_of_bias import assess, missing_of
from evidence.tools import OVERALL, Proposal, Tool
from evidence.tools.tool import WORST


def refusals(form: Any, place: str) -> list[tuple[str, str, str]]:
    """Give what a form refuses: where it stands on the page, the name of the place, and the sentence."""
    return [(str(form.prefix), place, str(sentence)) for said in form.errors.values() for sentence in said]


@dataclass(slots=True)
class Section:
    """One domain on the page, or the overall judgement."""

    domain: str
    name: str
    verdict: VerdictForm
    questions: list[QuestionForm] = field(default_factory=list)
    has_rule: bool = False
    proposal: str = ""
    proposal_name: str = ""
    path: str = ""
    waits_for: str = ""
    level: str = ""
    level_name: str = ""
    note: str = ""
    sources: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """The id of the section."""
        return f"domain-{self.domain}"

    @property
    def is_overall(self) -> bool:
        """Whether this is the overall judgement."""
        return self.domain == OVERALL

    @property
    def asked(self) -> list[QuestionForm]:
        """The questions that are asked."""
        return [form for form in self.questions if form.is_asked]

    @property
    def n_answered(self) -> int:
        """How many of the questions that are asked have an answer."""
        return sum(bool(form.now("answer")) for form in self.asked)

    @property
    def has_errors(self) -> bool:
        """Whether an entry of the section was refused."""
        return any(form.errors for form in [*self.questions, self.verdict])


class AssessPage:
    """An assessment with its forms."""

    def __init__(self, assessment: Assessment, data: Any = None) -> None:
        self.assessment, self.data = assessment, data
        self.tool: Tool = assessment.definition
        self.effect = assessment.effect
        answers = {row.question: row for row in assessment.answers.all()}
        judgements = {row.domain: row for row in assessment.judgements.all()}
        number = 0
        self.sections: list[Section] = []
        for domain in (*self.tool.domains, OVERALL):
            rule = (
                self.tool.overall_rule == WORST if domain == OVERALL else bool(self.tool.tables_of(domain, self.effect))
            )
            verdict = VerdictForm(
                data, prefix=f"j-{domain}", tool=self.tool, domain=domain, has_rule=rule, saved=judgements.get(domain)
            )
            section = Section(domain, self.tool.domain_name(domain), verdict, has_rule=rule)
            for question in self.tool.questions_of(domain, self.effect):
                number += 1
                saved = answers.get(question.code)
                section.questions.append(QuestionForm(data, prefix=f"q{number}", question=question, saved=saved))
            section.sources = [table.source for table in self.tool.tables_of(domain, self.effect) if table.source]
            self.sections.append(section)
        self.sections[-1].note = self.tool.overall_note
        self._follow_answers()

    def forms(self) -> Iterator[RowForm]:
        """Give all forms in the order of the page."""
        for section in self.sections:
            yield from section.questions
            yield section.verdict

    def _answers(self) -> dict[str, str]:
        found = {}
        for section in self.sections:
            for form in section.questions:
                answer = form.now("answer")
                found[form.question.code] = answer if answer in form.question.answers else ""
        return found

    def _follow_answers(self) -> None:
        """Work out which questions are asked and what is proposed, from what is saved or was just sent."""
        given, judged = self._answers(), {}
        for section in self.sections[:-1]:
            asked = self.tool.asked(section.domain, given, self.effect)
            numbers = {form.question.code: form.question.number for form in section.questions}
            for form in section.questions:
                form.is_asked = form.question in asked
                form.condition = form.question.condition_sentence(numbers)
            self._propose(section, self.tool.propose(section.domain, given, self.effect), given)
            level = section.verdict.now("judgement") or section.proposal
            self._show(section, level)
            if level:
                judged[section.domain] = level
        overall = self.sections[-1]
        proposed = self.tool.propose_overall(judged)
        self._propose(overall, Proposal(proposed, ()) if proposed else None, given)
        self._show(overall, overall.verdict.now("judgement") or overall.proposal)

    def _propose(self, section: Section, proposal: Proposal | None, given: dict[str, str]) -> None:
        if proposal is not None:
            section.proposal, section.proposal_name = proposal.level, self.tool.level_name(proposal.level)
            section.path = " → ".join(str(step) for step in proposal.path)
        elif not section.is_overall:
            waiting = self.tool.open_questions(section.domain, given, self.effect)
            section.waits_for = ", ".join(question.number for question in waiting)

    def _show(self, section: Section, level: str) -> None:
        section.level = level if self.tool.has_level(level) else ""
        section.level_name = self.tool.level_name(section.level) if section.level else ""

    def is_valid(self) -> bool:
        """Whether everything that was sent can be saved; what cannot has its sentence beside it."""
        fine = not [
            form for form in self.forms() if form.errors
        ]  # every form is read, so that each says what it refuses
        for section in self.sections:
            section.verdict.check_against(section.proposal)
        return fine and not any(section.has_errors for section in self.sections)

    def save(self, *, by: User) -> Assessment:
        """Record what was sent, but for rows that stay as somebody else saved them meanwhile."""
        questions = [form for section in self.sections for form in section.questions if not form.is_untouched]
        answers = {form.question.code: form.given() for form in questions}
        verdicts = {
            section.domain: section.verdict.verdict() for section in self.sections if not section.verdict.is_untouched
        }
        return assess(by=by, assessment=self.assessment, answers=answers, verdicts=verdicts)

    @property
    def effect_name(self) -> str:
        """The effect of interest in words, within a sentence."""
        name = self.tool.effects.get(self.effect, "")
        return name[:1].lower() + name[1:]

    @property
    def based_on(self) -> str:
        """What each row of the page is based on."""
        return versions.write_box(self.forms(), versions.read_box(self.data or {}))

    @property
    def n_asked(self) -> int:
        """How many questions are asked now."""
        return sum(len(section.asked) for section in self.sections)

    @property
    def n_answered(self) -> int:
        """How many of them have an answer."""
        return sum(section.n_answered for section in self.sections)

    @property
    def n_judged(self) -> int:
        """How many judgements there are, the overall one among them."""
        return sum(bool(section.level) for section in self.sections)

    @cached_property
    def missing(self) -> list[tuple[str, str]]:
        """What is missing before the assessment can be submitted: the section and the sentence."""
        found = missing_of(self.assessment)
        return [(f"domain-{domain}", sentence) for domain, sentences in found.items() for sentence in sentences]

    @property
    def next_open(self) -> str:
        """The first section that is not finished, for the page to go to; the last where all are."""
        for section in self.sections:
            if section.n_answered < len(section.asked) or not section.level:
                return section.anchor
        return self.sections[-1].anchor

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """All refused entries: where to go, the name of the place, and the sentence."""
        found: list[tuple[str, str, str]] = []
        for section in self.sections:
            for form in section.questions:
                found += refusals(form, f"{section.name}, {form.question.number}")
            found += refusals(section.verdict, f"{section.name}, judgement")
        return found

    @property
    def definition(self) -> dict[str, Any]:
        """What the browser needs to follow the answers by itself: the same questions and tables."""
        return {
            "levels": dict(self.tool.levels),
            "overall": self.tool.overall_rule,
            "domains": [
                {
                    "domain": section.domain,
                    "questions": [
                        {
                            "code": form.question.code,
                            "number": form.question.number,
                            "name": form.prefix,
                            "askedIf": [dict(case) for case in form.question.asked_if],
                        }
                        for form in section.questions
                    ],
                    "tables": [
                        [{"when": dict(rule.when), "level": rule.level} for rule in table.rules]
                        for table in self.tool.tables_of(section.domain, self.effect)
                    ],
                }
                for section in self.sections[:-1]
            ],
        }
