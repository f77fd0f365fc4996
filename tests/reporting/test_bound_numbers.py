"""Numbers in texts that are bound to results: how they read, what is refused, and when they are stale."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analysis.models import Analysis, Block, Run, Snapshot
from analysis.reporting import build_document
from analysis.reporting.document import Paragraph, plain
from analysis.services import refresh
from analysis.services.manuscripts import Numbers, remove_block, save_manuscript
from analysis.services.manuscripts.formats import BadFormat, write
from tests.reporting.world import Written, make_written

pytestmark = pytest.mark.django_db


def reads(written: Written) -> str:
    """Give the first paragraph of the manuscript."""
    document = build_document(written.manuscript)
    return plain(next(part.runs for part in document.parts if isinstance(part, Paragraph)))


def refusal(written: Written, words: str) -> str:
    """Try to save a text; give the sentences that refuse it."""
    with pytest.raises(ValidationError) as caught:
        written.text(words)
    return " ".join(caught.value.messages)


# The row of a pooled ratio, as logarithms: 0.5 with an interval from 0.25 to 1.
RATIO = {
    "estimate": -0.6931471805599453,
    "ci_lower": -1.3862943611198906,
    "ci_upper": 0.0,
    "level": 0.95,
    "i2": 0.423,
    "p_value": 0.0004,
    "k": 4,
    "tau2": 0,
    "pi_lower": None,
    "pi_upper": None,
    "model": "random_effects",
}


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("estimate", "", "0.50"),
        ("estimate", "3", "0.500"),
        ("estimate", "log", "−0.69"),
        ("estimate", "ci", "0.25 to 1.00"),
        ("estimate", "full", "0.50 (95% CI 0.25 to 1.00)"),
        ("estimate", "pi", "not estimable"),
        ("i2", "", "42.3%"),
        ("i2", "%", "42%"),
        ("i2", "1%", "42.3%"),
        ("i2", "3", "0.423"),
        ("p_value", "", "< 0.001"),
        ("p_value", "4", "0.0004"),
        ("k", "", "4"),
        ("tau2", "", "0.00"),
        ("level", "", "95%"),
        ("model", "", "random effects"),
        ("pi_lower", "", "not estimable"),
    ],
)
def test_number_reads_as_its_format_says(name: str, form: str, expected: str) -> None:
    assert write(name, RATIO[name], RATIO, is_ratio=True, form=form) == expected


def test_difference_is_not_turned_into_a_ratio_but_on_demand() -> None:
    assert write("estimate", -0.6931471805599453, RATIO, is_ratio=False) == "−0.69"
    assert write("estimate", -0.6931471805599453, RATIO, is_ratio=False, form="exp") == "0.50"


@pytest.mark.parametrize(("name", "form"), [("k", "roman"), ("model", "2"), ("model", "%"), ("k", "9")])
def test_format_that_does_not_fit_is_refused_with_a_sentence(name: str, form: str) -> None:
    with pytest.raises(BadFormat, match=r"“.+”.*\.$"):
        write(name, RATIO[name], RATIO, is_ratio=True, form=form)
    with pytest.raises(BadFormat, match="has no confidence interval beside it"):
        write("k", 4, {"k": 4}, is_ratio=False, form="ci")


def test_bound_number_reads_as_the_newest_snapshot_says() -> None:
    written = make_written()
    written.text("k = {{#.pooling.k}}, of {{ # . snapshot . studies }} studies; {{#.sensitivity.table.all_studies.k}}.")
    assert reads(written) == "k = 3, of 3 studies; 3."
    written.another_snapshot()
    assert reads(written) == "k = 4, of 4 studies; 4."


def test_number_of_a_fixed_snapshot_stays_and_is_marked_when_there_is_a_newer_one() -> None:
    written = make_written()
    written.text("{{#@1.pooling.k}} and {{#.pooling.k}}")
    assert build_document(written.manuscript).stale() == []
    written.another_snapshot()
    document = build_document(written.manuscript)
    assert reads(written) == "3 and 4"
    title = written.snapshot.analysis.title
    assert document.stale() == [f"Snapshot 1 of “{title}” is shown; snapshot 2 is newer."]


def test_number_is_marked_when_the_evidence_has_moved() -> None:
    written = make_written(is_whole=True)
    assert build_document(written.manuscript).stale() == []
    written.world.add_studies(1)

    document = build_document(written.manuscript)
    said = " ".join(document.stale())
    assert f"“{written.snapshot.analysis.title}” is stale. The evidence that the analysis reads has changed" in said
    assert "The evidence that this table shows has changed since it was frozen on" in said
    assert any(table.stale for table in document.tables)
    assert any(figure.stale for figure in document.figures)

    refresh(by=written.world.owner, analysis=written.snapshot.analysis)
    assert build_document(written.manuscript).stale() == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("{{nobody.pooling.k}}", "has no analysis “nobody”. Near:"),
        ("{{#.pooling.estmate}}", "has nothing that is called pooling.estmate. Near: pooling.estimate"),
        ("{{#.pooling.studies}}", "names a whole table"),
        ("{{#.pooling}}", "names a whole table"),
        ("{{#}}", "is no bound number: write {{analysis.plugin.name}}"),
        ("{{#@x.pooling.k}}", "is no bound number"),
        ("{{#@9.pooling.k}}", "has no snapshot 9; the newest is 1"),
        ("{{#.pooling.k|roman}}", "There is no format “roman”"),
        ("{{#.pooling.measure|2}}", "is no number"),
        ("{{#.pooling.k", "has one without the other"),
        ("[@Nobody_2020]", "the review has no study with this short name"),
    ],
)
def test_unknown_name_is_refused_with_what_is_near(words: str, sentence: str) -> None:
    written = make_written()
    assert sentence in refusal(written, words)
    assert not written.manuscript.blocks.exists()


def test_analysis_without_a_snapshot_is_refused_and_listed_as_empty() -> None:
    written = make_written()
    bare = written.world.analysis()
    assert "has no snapshot yet; run it first" in refusal(written, f"{{{{{bare.slug}.pooling.k}}}}")
    numbers = Numbers(written.world.review)
    assert numbers.listed(bare) == []
    listed = dict(numbers.listed(written.snapshot.analysis))
    assert listed[f"{{{{{written.slug}.pooling.k}}}}"] == "3"


def test_abstract_and_caption_are_checked_too() -> None:
    written = make_written()
    written.manuscript.abstract = "{{nobody.pooling.k}}"
    with pytest.raises(ValidationError, match="nobody"):
        save_manuscript(by=written.world.owner, manuscript=written.manuscript)
    with pytest.raises(ValidationError, match="nobody"):
        written.add("table", shows="results", title="k = {{nobody.pooling.k}}")


def test_name_that_is_gone_is_shown_as_unknown_and_hides_nothing_else() -> None:
    written = make_written()
    block = written.text("k = {{#.pooling.k}}")
    Block.objects.filter(pk=block.pk).update(text="k = {{gone.pooling.k}}, certain")
    document = build_document(written.manuscript)
    assert reads(written) == "k = [gone.pooling.k: not known], certain"
    assert "has no analysis “gone”" in document.wrong()[0]


def test_history_keeps_what_a_block_said_and_who_removed_it() -> None:
    written = make_written()
    block = written.text("k = {{#.pooling.k}}")
    pk = block.pk
    remove_block(by=written.world.owner, block=block, reason="Double")
    last = Block.history.filter(id=pk).latest()
    assert (last.history_type, last.history_user, last.history_change_reason) == ("-", written.world.owner, "Double")
    assert "pooling.k" in last.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "heading", "title": ""}, "Give the heading its words."),
        ({"kind": "heading", "title": "x", "level": 4}, "A heading has level 1, 2 or 3."),
        ({"kind": "text", "text": ""}, "Write the text, or remove the block."),
        ({"kind": "figure", "shows": "pooling.1"}, "Choose the analysis whose figure is to be shown."),
        ({"kind": "table", "shows": ""}, "Say which figure or table is to be shown."),
    ],
)
def test_block_breaks_no_rule(fields: dict, sentence: str) -> None:
    written = make_written(1)
    with pytest.raises(ValidationError) as caught:
        written.add(**fields)
    assert sentence in caught.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        Block(manuscript=written.manuscript, position=1, **fields).save()


def test_block_stays_within_its_review_and_its_analysis() -> None:
    written, other = make_written(), make_written()
    with pytest.raises(ValidationError, match="belongs to another review"):
        written.add("figure", analysis=other.snapshot.analysis, shows="pooling.1")
    analysis = Analysis.objects.create(review=written.world.review, slug="x", title="X", rules=written.world.rules())
    with pytest.raises(ValidationError, match="is not one of this analysis"):
        written.add("figure", analysis=analysis, snapshot=written.snapshot, shows="pooling.1")
    with pytest.raises(ValidationError, match=r"has no figure pooling\.7; it has pooling\.1"):
        written.add("figure", analysis=written.snapshot.analysis, shows="pooling.7")
    with pytest.raises(ValidationError, match="Say which figure of the analysis"):
        written.add("figure", analysis=written.snapshot.analysis, shows="pooling")
    with pytest.raises(ValidationError, match="There is no table “x”"):
        written.add("table", shows="x")
    with pytest.raises(ValidationError, match="Choose the analysis that the table is about"):
        written.add("table", shows="studies")
    with pytest.raises(ValidationError, match="PRISMA 2020 has no item “99”"):
        written.text("x", items="99")
    with pytest.raises(ValidationError, match="is no answer"):
        written.add("checklist", text="page 5")


def test_reading_a_manuscript_writes_nothing() -> None:
    written = make_written(is_whole=True)
    counts = [model.objects.count() for model in (Run, Snapshot, Block)]
    build_document(written.manuscript)
    assert [model.objects.count() for model in (Run, Snapshot, Block)] == counts
