"""Beginning a manuscript: empty, or with the usual sections of a whole report, filled from protocol and plan."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from analysis.models import Analysis, Block, Manuscript
from analysis.reading import Reading
from analysis.services.manuscripts.bindings import Numbers
from analysis.services.manuscripts.writing import save_block, save_manuscript
from analysis.services.staleness import analyses_in_plan
from evidence.models import Review, SearchRound
from evidence.permissions import Act, require

Row = dict[str, Any]
Kind, Table = Block.Kind, Block.Table

PICOS = (
    ("Population", "population"),
    ("Intervention", "intervention"),
    ("Comparator", "comparator"),
    ("Outcomes", "outcome"),
    ("Study design", "study_design"),
)
SYNTHESIS = (
    "Effects were pooled for each analysis under a random-effects model. The variance between studies was estimated by "
    "{{{{{slug}.pooling.tau2_method}}}}, intervals are those of the method “{{{{{slug}.pooling.ci_method}}}}” at the "
    "level of {{{{{slug}.pooling.level}}}}. Heterogeneity is told by τ² and I²."
)
SINGLE = (
    "Pooled effect (k = {{{{{slug}.pooling.k}}}}): {{{{{slug}.pooling.measure}}}} "
    "{{{{{slug}.pooling.estimate|full}}}}, p {{{{{slug}.pooling.p_value|p}}}}."
)
POOLED = SINGLE.removesuffix(".") + "; τ² = {{{{{slug}.pooling.tau2}}}}, I² = {{{{{slug}.pooling.i2}}}}."
NOT_POOLED = (
    "No result could be pooled (k = {{{{{slug}.pooling.k}}}}); of {{{{{slug}.snapshot.studies_not_pooled}}}} studies "
    "with such a comparison the results are listed with the reasons in the appendix."
)
CERTAINTY = "Certainty was rated by the GRADE approach; what nobody has rated yet is proposed by rules and marked so."


@transaction.atomic
def begin_manuscript(*, by: User, review: Review, title: str, slug: str, is_whole: bool = False) -> Manuscript:
    """Begin a manuscript.

    Parameters
    ----------
    is_whole : whether to lay out a whole report: methods from the protocol, the flow of records, characteristics, risk
        of bias, each main analysis with its figure, sensitivity analyses, Summary of Findings, checklist, references

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the review has a manuscript with this short name already, or there is no title
    """
    require(by, Act.ANALYSE, review)
    manuscript = save_manuscript(by=by, manuscript=Manuscript(review=review, title=title.strip(), slug=slug.strip()))
    if is_whole:
        numbers = Numbers(review)
        for row in _whole(review, numbers):
            save_block(by=by, block=Block(manuscript=manuscript, **row), numbers=numbers)
    return manuscript


def _whole(review: Review, numbers: Numbers) -> Iterator[Row]:
    """Give the blocks of a whole report."""
    planned = [row for row in analyses_in_plan(review) if row.pk in numbers.newest]
    readings = {row.pk: numbers.reading(numbers.newest[row.pk]) for row in planned}
    pooled = [row for row in planned if row.kind == Analysis.Kind.MAIN and "pooling" in readings[row.pk].results]
    if review.question:
        yield _heading("Introduction")
        yield _text(review.question, items="4")
    yield from _methods(review, pooled)
    yield _heading("Results")
    yield from _selection(planned, readings)
    for analysis in pooled:
        yield from _result(analysis, readings[analysis.pk])
    yield from _tables(planned, pooled)
    yield _heading("Discussion")
    yield _text("To be written: what the results mean, how far they can be trusted, and what follows.")
    yield {"kind": Kind.REFERENCES, "title": "References"}
    yield from _appendices(pooled, readings)


def _heading(words: str, level: int = 1, **others: Any) -> Row:
    return {"kind": Kind.HEADING, "title": words, "level": level, **others}


def _text(words: str, **others: Any) -> Row:
    return {"kind": Kind.TEXT, "text": words, **others}


def _methods(review: Review, pooled: list[Analysis]) -> Iterator[Row]:
    """Give the methods as the protocol and the plan tell them."""
    yield _heading("Methods")
    if review.registration:
        said = f"The review is registered as {_plain(review.registration)}."
        if review.protocol_url:
            said += f" Its protocol: [{_plain(review.protocol_url)}]({review.protocol_url})."
        yield _text(said, items="24a, 24b" if review.protocol_url else "24a")
    criteria = [f"- **{title}.** {_plain(getattr(review, name))}" for title, name in PICOS if getattr(review, name)]
    if criteria:
        yield _heading("Eligibility", 2)
        yield _text("\n".join(criteria), items="5")
    searches = [_search(row) for row in SearchRound.objects.filter(review=review).order_by("number")]
    if any(searches):
        yield _heading("Search", 2)
        yield _text("\n".join(filter(None, searches)), items="6")
    if pooled:
        yield _heading("Synthesis", 2)
        yield _text(SYNTHESIS.format(slug=pooled[0].slug), items="12, 13d")
        yield _text(CERTAINTY, items="15")


def _search(row: SearchRound) -> str:
    databases = ", ".join(filter(None, (line.strip() for line in row.databases.splitlines())))
    searched = f"{row.searched_on:%-d %B %Y}" if row.searched_on else ""
    said = ", ".join(filter(None, (searched, databases)))
    return f"- {_plain(row.name)}: {_plain(said)}." if said else ""


def _selection(planned: list[Analysis], readings: dict[int, Reading]) -> Iterator[Row]:
    """Give the flow of records, the characteristics and the risk of bias, where the review has them."""
    yield _heading("Studies", 2)
    flow = _figure_of_kind(planned, readings, "flow")
    if flow:
        yield {**flow, "title": "Flow of records and reports through the review", "items": "16a"}
    yield {
        "kind": Kind.TABLE,
        "shows": Table.CHARACTERISTICS,
        "title": "Characteristics of the studies",
        "items": "17",
    }
    lights = _figure_of_kind(planned, readings, "judgements")
    if lights:
        yield {**lights, "title": "Risk of bias of each study", "items": "18"}
    else:
        yield {
            "kind": Kind.TABLE,
            "shows": Table.RISK_OF_BIAS,
            "title": "Risk of bias of each study",
            "items": "18",
        }


def _figure_of_kind(planned: list[Analysis], readings: dict[int, Reading], kind: str) -> Row | None:
    """Give the first figure of a kind that any analysis has, as a block."""
    for analysis in planned:
        for plugin, result in readings[analysis.pk].results.items():
            for number, figure in enumerate(result.get("figures", ()), start=1):
                if figure["kind"] == kind and result.get(figure["rows"]):
                    return {"kind": Kind.FIGURE, "analysis": analysis, "shows": f"{plugin}.{number}"}
    return None


def _result(analysis: Analysis, reading: Reading) -> Iterator[Row]:
    """Give what one analysis found: a sentence with bound numbers, and its forest plot."""
    yield _heading(analysis.title, 2)
    k = reading.pooling["k"] if reading.pooling.get("estimate") is not None else 0
    said = POOLED if k > 1 else SINGLE if k else NOT_POOLED
    yield _text(said.format(slug=analysis.slug), items="20b")
    if reading.pooling.get("figures"):
        yield {
            "kind": Kind.FIGURE,
            "analysis": analysis,
            "shows": "pooling.1",
            "title": f"{analysis.title}: effects of the studies and the pooled effect",
            "items": "19",
        }


def _tables(planned: list[Analysis], pooled: list[Analysis]) -> Iterator[Row]:
    """Give the tables over all analyses."""
    if pooled:
        yield {"kind": Kind.TABLE, "shows": Table.RESULTS, "title": "Results of the main analyses", "items": "20b"}
    if any(row.kind == Analysis.Kind.SENSITIVITY for row in planned):
        yield _heading("Sensitivity analyses", 2)
        yield {"kind": Kind.TABLE, "shows": Table.SENSITIVITY, "title": "Sensitivity analyses", "items": "20d"}
    if pooled:
        yield _heading("Certainty of the evidence", 2)
        yield {"kind": Kind.TABLE, "shows": Table.SUMMARY, "title": "Summary of Findings", "items": "22"}


def _appendices(pooled: list[Analysis], readings: dict[int, Reading]) -> Iterator[Row]:
    """Give what stands behind the references."""
    unpooled = [row for row in pooled if readings[row.pk].dataset["not_pooled"]]
    if unpooled:
        yield {"kind": Kind.APPENDIX, "title": "Results that are not pooled"}
        for analysis in unpooled:
            title = f"{analysis.title}: not pooled, and why"
            yield {"kind": Kind.TABLE, "shows": Table.NOT_POOLED, "analysis": analysis, "title": title}
    yield {"kind": Kind.APPENDIX, "title": "PRISMA 2020 checklist"}
    yield {"kind": Kind.CHECKLIST}


def _plain(text: str) -> str:
    """Give a text of the protocol so that nothing in it is taken for a bound number."""
    return " ".join(text.replace("{{", "{ {").replace("}}", "} }").split())
