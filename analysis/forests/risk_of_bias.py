"""The judgements beside the rows: the domains of the tool in its order, then the overall judgement."""

from collections.abc import Mapping

from analysis.figures.beside import Lights
from analysis.forests.subjects import Subject
from analysis.reading import Reading
from evidence.models import ReviewTool
from evidence.tools import OVERALL, Tool, UnknownTool, get_tool


def tool_of(reading: Reading) -> Tool | None:
    """Give the published tool, or the newest version of the review's own, that the analysis reads; None without one."""
    code = reading.rules.get("rob_tool", "")
    try:
        return get_tool(code)
    except UnknownTool:
        own = ReviewTool.objects.filter(review=reading.snapshot.analysis.review_id, code=code)
        newest = own.order_by("-pk").first()
        return newest.tool if newest else None


def lights_of(reading: Reading, subjects: Mapping[str, Subject]) -> Lights | None:
    """Give the judgements of all rows, None where nothing is judged."""
    judged = {domain for subject in subjects.values() for domain in subject["rob"]}
    if not judged:
        return None
    tool = tool_of(reading)
    known = list(tool.domains) if tool else []
    domains = [name for name in known if name in judged] + sorted(judged - set(known) - {OVERALL})
    marks = {domain: f"D{place}" for place, domain in enumerate(domains, start=1)}
    if OVERALL in judged:
        domains.append(OVERALL)
        marks[OVERALL] = "O"
    levels = reading.dataset["rob_levels"] or (list(tool.levels) if tool else [])
    return Lights(
        levels={level: tool.level_name(level) if tool else level.replace("_", " ").capitalize() for level in levels},
        domains=tuple((marks[domain], _name(tool, domain, marks[domain])) for domain in domains),
        judgements={key: tuple(one["rob"].get(domain) for domain in domains) for key, one in subjects.items()},
    )


def _name(tool: Tool | None, domain: str, mark: str) -> str:
    """Give the name of a domain without the mark that it may begin with."""
    name = tool.domain_name(domain) if tool else domain.replace("_", " ").capitalize()
    return name.removeprefix(f"{mark} ")
