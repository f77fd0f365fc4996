"""The consensus on risk of bias as a table that the program robvis reads."""

from collections import Counter
from collections.abc import Iterator

from django.core.exceptions import ValidationError

from evidence.exporters.asking import Choice, Export, Order
from evidence.exporters.tables import csv_parts
from evidence.models import Assessment
from evidence.permissions import Act, require
from evidence.tools import OVERALL, Tool, all_tools

NOTHING = "The review has no agreed assessment with {tool}."
ANY = "a published tool"
# What robvis calls the domains of these tools; of the others D1, D2 and so on.
SHORT = {
    "rob2_cluster": ("D1", "D1b", "D2", "D3", "D4", "D5"),
    "rob2_crossover": ("D1", "DS", "D2", "D3", "D4", "D5"),
}
TOOL = Choice(
    name="tool",
    label="Tool",
    help="The tool whose judgements are written.",
    choices=(("", "the tool that most are made with"), *((tool.code, tool.name) for tool in all_tools())),
)


def write(order: Order) -> Iterator[bytes]:
    """Give the table of one tool: the one that is chosen, or the one that most assessments are made with."""
    require(order.by, Act.VIEW, order.review)
    agreed = Assessment.objects.filter(study__review=order.review, is_consensus=True, review_tool__isnull=True)
    agreed = agreed.filter(judgements__isnull=False).distinct()
    tools = {tool.code: tool for tool in all_tools()}
    counts = Counter(agreed.values_list("tool", flat=True).order_by("tool"))
    wanted = str(order.choices.get("tool") or "") or next(iter(code for code, _ in counts.most_common()), "")
    if wanted not in tools or not counts[wanted]:
        raise ValidationError(NOTHING.format(tool=tools[wanted].name if wanted in tools else wanted or ANY))
    return csv_parts(_rows(order, tools[wanted]))


def _rows(order: Order, tool: Tool) -> Iterator[list[str]]:
    """Give the header, and one row an assessment; a domain without a judgement is empty."""
    yield ["Study", *columns_of(tool), "Overall", "Weight"]
    agreed = Assessment.objects.filter(study__review=order.review, is_consensus=True, tool=tool.code)
    agreed = agreed.filter(review_tool__isnull=True, judgements__isnull=False).distinct()
    agreed = agreed.select_related("study", "outcome").prefetch_related("judgements")
    for one in agreed.order_by("study__label", "study__code", "outcome__code", "pk").iterator(chunk_size=500):
        said = {row.domain: tool.level_name(row.judgement) for row in one.judgements.all()}
        label = f"{one.study.label} ({one.outcome.name})" if one.outcome else one.study.label
        yield [label, *(said.get(domain, "") for domain in (*tool.domains, OVERALL)), "1"]


def columns_of(tool: Tool) -> list[str]:
    """Give what robvis calls the domains of a tool."""
    if tool.code == "rob1":
        return [name.replace(" ", ".") for name in tool.domains.values()]
    return list(SHORT.get(tool.code) or (f"D{number}" for number in range(1, len(tool.domains) + 1)))


EXPORTS = (
    Export(
        code="robvis",
        title="Risk-of-bias table (robvis)",
        help="The agreed judgements, one row a study and one column a domain; every study has the weight 1.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=write,
        choices=(TOOL,),
    ),
)
