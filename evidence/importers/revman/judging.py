"""Risk of bias tables of RevMan 5: judgements of RoB 1."""

from collections import Counter
from collections.abc import Mapping

from evidence.importers.naming import folded
from evidence.importers.revman.answers import ASSESSORS, BOTH, PARTICIPANTS
from evidence.importers.revman.content import Opinion
from evidence.importers.revman.filling import Filling
from evidence.tools import get_tool

TOOL = "rob1"
# An item asks whether the study did it well.
LEVELS = {"YES": "low", "NO": "high", "UNKNOWN": "unclear", "UNCLEAR": "unclear"}
FOR_PARTICIPANTS, FOR_ASSESSORS = "blinding_participants", "blinding_assessors"
BLINDING: Mapping[str, tuple[str, ...]] = {
    BOTH: (FOR_PARTICIPANTS, FOR_ASSESSORS),
    PARTICIPANTS: (FOR_PARTICIPANTS,),
    ASSESSORS: (FOR_ASSESSORS,),
}
WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("sequence generation",), "sequence_generation"),
    (("allocation conceal", "concealment of allocation", "concealed allocation"), "allocation_concealment"),
    (("incomplete outcome data", "incomplete data"), "incomplete_data"),
    (("selective reporting", "selective outcome reporting"), "selective_reporting"),
    (("other bias", "other source", "other potential"), "other"),
)


def domains_of(item: str, blinding: str = "") -> tuple[str, ...]:
    """Give the domains of RoB 1 that an item of RevMan judges; none where it judges something else.

    Parameters
    ----------
    item : its name, such as "Allocation concealment (selection bias)"
    blinding : whose blinding an item means that does not say it; "" where nobody has answered
    """
    plain = folded(item)
    if "blind" in plain:
        whose = {
            FOR_PARTICIPANTS: any(
                word in plain for word in ("participant", "personnel", "patient", "performance bias")
            ),
            FOR_ASSESSORS: any(word in plain for word in ("assess", "detection bias")),
        }
        named = tuple(domain for domain, is_named in whose.items() if is_named)
        return named or BLINDING.get(blinding, ())
    return next(((domain,) for words, domain in WORDS if any(word in plain for word in words)), ())


def add_judgements(filling: Filling) -> None:
    """Add the judgements of included studies, domain by domain, and name the items that are no domain of RoB 1."""
    by_domain: dict[tuple[str, str], list[Opinion]] = {}
    others: Counter[str] = Counter()
    for opinion in filling.content.opinions:
        if opinion.study not in filling.codes or opinion.result not in LEVELS:
            continue
        domains = domains_of(opinion.item, filling.answers.blinding)
        others[opinion.item] += not domains
        for domain in domains:
            by_domain.setdefault((filling.codes[opinion.study], domain), []).append(opinion)
    for (study, domain), opinions in by_domain.items():
        _add_judgement(filling, study, domain, opinions)
    for item, count in others.items():
        if count:
            filling.building.note(_left_out(item, count))


def _left_out(item: str, count: int) -> str:
    many = f"{count} judgement{'' if count == 1 else 's'}"
    if "blind" in folded(item):
        return f"“{item}” ({many}) does not say whose blinding it is; the question “blinding” asks it. It is left out."
    return f"“{item}” ({many}) is no domain of RoB 1; it is left out."


def _add_judgement(filling: Filling, study: str, domain: str, opinions: list[Opinion]) -> None:
    """Add the judgement of one domain; judgements that differ between groups of outcomes are refused."""
    first = opinions[0]
    different = next((one for one in opinions if LEVELS[one.result] != LEVELS[first.result]), None)
    if different is not None:
        name = get_tool(TOOL).domain_name(domain)
        said = "; ".join(f"{LEVELS[one.result]} for {one.group or one.item}" for one in opinions)
        rule = f"{name} of {study} is judged differently for groups of outcomes ({said}); judge it per outcome by hand."
        filling.building.refuse(different.line, "RESULT", rule)
        return
    texts = {one.text: one.group for one in opinions if one.text}
    named = len(texts) > 1
    words = "\n".join(f"{group}: {text}" if named and group else text for text, group in texts.items())
    cells = {"study": study, "tool": TOOL, "domain": domain, "judgement": LEVELS[first.result], "justification": words}
    filling.building.row("judgements", first.line, cells, {"judgement": "RESULT", "justification": "DESCRIPTION"})
