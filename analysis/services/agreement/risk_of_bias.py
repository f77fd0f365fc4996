"""First answers of risk of bias, by tool and domain."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analysis.engine.agreement import Answer, AnswerScale, FirstAnswer
from analysis.services.agreement.asking import Asked, Gathered
from analysis.services.agreement.history import rows_then
from evidence.models import Assessment, Judgement, Review, ReviewTool
from evidence.tools import OVERALL, Tool, UnknownTool, get_tool

# A level of this name says that nothing is known, which is neither better nor worse than the others.
NOT_KNOWN = "no_information"


@dataclass(frozen=True, slots=True)
class About:
    """What is assessed: a study, or one outcome of it, with one version of one tool."""

    study: int
    outcome: int | None
    tool: str
    version: str
    review_tool: int | None

    @property
    def item(self) -> str:
        """The name of the item among those of its tool."""
        return f"{self.study}.{self.outcome or 'all'}"

    @property
    def code(self) -> str:
        """The name of the tool in its version."""
        return f"{self.tool}.{self.version}"


def gather_risk_of_bias(review: Review) -> Gathered:
    """Give what readers judged when they first submitted, where two have and nobody's answers are open.

    The first submission of a person counts, whatever became of the assessment since. Answers that somebody else put
    into a reader's assessment do not.
    """
    first = _first_submissions(review)
    by_about: dict[About, list[Any]] = defaultdict(list)
    for (about, _), entry in first.items():
        by_about[about].append(entry)
    in_work = set(
        Assessment.objects.filter(study__review=review, is_consensus=False, status=Assessment.Status.DRAFT).values_list(
            "study", flat=True
        )
    )
    shown = {about: entries for about, entries in by_about.items() if len(entries) > 1 and about.study not in in_work}
    moments = {entry.id: entry.history_date for entries in shown.values() for entry in entries}
    judgements = rows_then(Judgement, "assessment_id", moments)
    gathered = Gathered(waiting=len({about.study for about in by_about} & in_work))
    tools = _tools(shown)
    for about, entries in shown.items():
        tool = tools.get(about.code)
        for entry in entries:
            for row in judgements.get(entry.id, []):
                is_own = row.history_user_id in (None, entry.reviewer_id)
                if tool is not None and is_own and tool.has_level(row.judgement) and tool.has_domain(row.domain):
                    group = f"{about.code}.{row.domain}"
                    gathered.answers.append(FirstAnswer(group, about.item, str(entry.reviewer_id), row.judgement))
    for code, tool in tools.items():
        gathered.asked += _asked(code, tool)
    return gathered


def _first_submissions(review: Review) -> dict[tuple[About, int], Any]:
    """Give the entry of history in which each person first submitted what they assessed."""
    entries = Assessment.history.filter(
        study__review=review, is_consensus=False, status=Assessment.Status.SUBMITTED, reviewer__isnull=False
    ).order_by("history_date", "history_id")
    found: dict[tuple[About, int], Any] = {}
    for entry in entries:
        about = About(entry.study_id, entry.outcome_id, entry.tool, entry.tool_version, entry.review_tool_id)
        found.setdefault((about, entry.reviewer_id), entry)
    return found


def _tools(abouts: Iterable[About]) -> dict[str, Tool]:
    """Give the tools by code and version; one that is gone has no domains to show."""
    found: dict[str, Tool] = {}
    own = {row.pk: row for row in ReviewTool.objects.filter(pk__in={about.review_tool for about in abouts})}
    for about in sorted(abouts, key=lambda about: about.code):
        if about.review_tool in own:
            found[about.code] = own[about.review_tool].tool
        elif about.code not in found:
            try:
                found[about.code] = get_tool(about.tool, about.version)
            except UnknownTool:
                continue
    return found


def _asked(code: str, tool: Tool) -> list[Asked]:
    """Give the questions of a tool: its domains, and the overall judgement."""
    levels: dict[Answer, str] = {level: name for level, name in tool.levels.items()}  # noqa: C416
    kind = "nominal" if NOT_KNOWN in tool.levels or len(levels) < 2 else "ordinal"
    scale = AnswerScale(kind, tuple(tool.levels))
    part = f"{tool.name}, {tool.version}"
    domains = [*tool.domains, OVERALL]
    return [Asked(f"{code}.{domain}", part, tool.domain_name(domain), scale, levels) for domain in domains]
