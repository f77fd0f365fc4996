"""A review leaves as a review folder and comes back as it was."""

import csv
import tracemalloc
import zipfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import canonical
from analysis.freezing import take_content
from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.exporters.review_folder import write_review_folder
from evidence.importers import import_review, read_folder
from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.harmless import as_written, harmless, is_command
from evidence.importers.importing import import_rows
from evidence.models import AdverseEvent, Assessment, Review, Study
from evidence.permissions import NotAllowed
from evidence.services import GivenAnswer, assess, start_assessment, undo
from evidence.services.judging import Verdict
from tests import factories as make
from tests.fuzzing import tries

DEMONSTRATION = Path(site.BASE_DIR) / "evidence" / "demonstration" / "lbp_review"
HOSTILE = '=HYPERLINK("x","y")'


def content_of(slug: str) -> str:
    """Give all that a freeze would hold of a review, as canonical text."""
    return canonical.to_text(take_content(Review.objects.get(slug=slug)))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def owner(db: None) -> User:
    return make.make_user("ann", is_superuser=True)


def full_review() -> Review:
    """Make a review that has of everything what the demonstration has not."""
    review = make.make_review(slug="full", title="Everything", question="line one\r\nline two")
    outcome = make.make_outcome(review, code="pain", mcid_between=0.000001)
    make.make_window(outcome)
    scale = make.make_instrument(outcome, code="nrs")
    study, bare, draft = (make.make_study(review, code=code, note=HOSTILE) for code in ("Z_1", "a_2", "B_3"))
    make.make_study(review, code="É_4", companion_of=study)
    make.make_report(study, citation="'=Doe, J. “A, b”.\nLancet\r\n2020")
    extraction = make.make_extraction(study, status="draft")
    make.make_extraction(bare, status="complete", completed_at=timezone.now(), completed_by=make.make_user())
    make.make_extraction(draft, status="draft")
    arms = [make.make_arm(extraction, label=label, note="-5.9 (1.2)") for label in ("+tea", "@water")]
    make.make_component(arms[0])
    odd = {"is_printed_so": True, "ci_lower": 5, "ci_upper": 6}
    make.make_settlement(make.make_arm_result(arms[0], scale, mean=3, **odd), value=5.5, reason="asked the authors")
    contrast = make.make_contrast_result(arms[0], arms[1], scale, estimate=3, **odd)
    make.make_settlement(contrast, value=-0.25, ci_lower=-1, ci_upper=1, reason="=as in Table 2")
    kinds = {"number": {"number": 12.5}, "flag": {"flag": False}, "text": {"text": "true"}}
    for kind, value in kinds.items():
        make.make_characteristic(extraction, make.make_characteristic_field(review, kind=kind, code=kind), **value)
    make.make_adverse_event(extraction, arm=None)
    make.make_adverse_event(extraction, arm=arms[1])
    for arm, seriousness in ((None, "serious"), (arms[1], "unclear"), (None, "not_serious"), (None, "serious")):
        make.make_adverse_event(extraction, arm=arm, term="falls", seriousness=seriousness)
    make.make_flow_count(make.make_search_round(review, databases="PubMed\nCENTRAL"))
    return review


def judge_everything(owner: User, review: Review) -> None:
    """Assess with a published tool for one outcome, with the review's own tool in its older version, and with none."""
    study = review.studies.get(code="Z_1")
    own = make.make_review_tool(review, code="own", version="1")
    make.make_review_tool(review, code="own", version="2")
    with_answers = start_assessment(
        by=owner, study=study, tool="rob2", outcome=review.outcomes.get(), effect="assignment", consensus=True
    )
    questions = with_answers.definition.questions_of("randomisation", "assignment")
    answers = {one.code: GivenAnswer(one.answers[0], "said so", "p. 3", "Table 1", "-quote") for one in questions}
    verdicts = {"selection": Verdict("high", "departs", "7", "=words")}
    assess(by=owner, assessment=with_answers, answers=answers, verdicts=verdicts)
    mine = start_assessment(by=owner, study=study, review_tool=own, consensus=True)
    domain, level = next(iter(own.tool.domains)), next(iter(own.tool.levels))
    assess(by=owner, assessment=mine, answers={}, verdicts={domain: Verdict(level, "seen")})
    make.make_assessment(review.studies.get(code="a_2"), tool="rob1")


def test_the_demonstration_comes_back_to_the_same_freeze(owner: User, tmp_path: Path) -> None:
    point = transaction.savepoint()
    import_review(by=owner, folder=DEMONSTRATION)
    before = content_of("lbp")
    write_review_folder(Order(owner, Review.objects.get(slug="lbp")), tmp_path / "out")
    transaction.savepoint_rollback(point)
    assert not Review.objects.exists()

    result = import_review(by=owner, folder=tmp_path / "out")

    assert [str(problem) for problem in result.errors] == []
    assert canonical.digest(content_of("lbp")) == canonical.digest(before)
    write_review_folder(Order(owner, Review.objects.get(slug="lbp")), tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(tmp_path / "out")
    again = import_review(by=owner, folder=tmp_path / "out")
    assert again.changes == []


def test_all_that_a_freeze_reads_comes_back(owner: User, tmp_path: Path) -> None:
    point = transaction.savepoint()
    review = full_review()
    judge_everything(owner, review)
    before = content_of("full")
    stated = canonical.from_text(before)
    write_review_folder(Order(owner, review), tmp_path / "out")
    transaction.savepoint_rollback(point)

    result = import_review(by=owner, folder=tmp_path / "out")

    assert [str(problem) for problem in result.errors] == []
    assert content_of("full") == before
    assert review_text("full", "question") == "line one\r\nline two"
    studies = stated["studies"]
    assert [studies[code]["extraction"]["status"] for code in ("Z_1", "a_2", "B_3")] == ["draft", "complete", "draft"]
    assert studies["Z_1"]["extraction"]["contrasts"][0]["settlement"]["reason"] == "=as in Table 2"
    assert {row["tool"]: len(row["judgements"]) for row in studies["Z_1"]["assessments"]} == {"own": 2, "rob2": 2}
    assert (tmp_path / "out" / "answers.csv").read_text(encoding="utf-8").count("said so") == 3
    assert studies["a_2"]["assessments"][0]["judgements"] == {}
    write_review_folder(Order(owner, Review.objects.get(slug="full")), tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(tmp_path / "out")
    assert import_review(by=owner, folder=tmp_path / "out").changes == []


def review_text(slug: str, field: str) -> str:
    return str(getattr(Review.objects.get(slug=slug), field))


def test_a_settlement_that_changes_is_an_update_and_silence_is_none(owner: User, tmp_path: Path) -> None:
    review = full_review()
    make.make_membership(review, owner)
    write_review_folder(Order(owner, review), tmp_path)
    file = tmp_path / "arm_results.csv"
    text = file.read_text(encoding="utf-8")

    file.write_text(text.replace("asked the authors", "asked again"), encoding="utf-8")
    result = import_review(by=owner, folder=tmp_path)
    assert [(one.table, one.differences[0].after) for one in result.changes] == [("arm_results", "asked again")]

    file.write_text(text.replace("5.5,,,asked the authors", ",,,"), encoding="utf-8")
    assert import_review(by=owner, folder=tmp_path).changes == []
    file.write_text(text.replace("5.5,,,asked the authors", "5.5,,,"), encoding="utf-8")
    result = import_review(by=owner, folder=tmp_path)
    assert result.errors[0].column == "settled_reason"
    assert "asked again" in content_of("full")


def test_what_belongs_to_an_assessment_that_is_left_out_is_left_out_too(owner: User, tmp_path: Path) -> None:
    review = full_review()
    judge_everything(owner, review)
    write_review_folder(Order(owner, review), tmp_path)
    file = tmp_path / "assessments.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("assignment", "assigned"), encoding="utf-8")
    other = make.make_review(slug="other")

    result = import_rows(by=owner, folder=read_folder(tmp_path), review=other, what="Import", leaves_out=True)

    assert [problem.column for problem in result.errors] == ["effect"]
    assert {row.tool for row in Assessment.objects.filter(study__review=other)} == {"own", "rob1"}
    assert result.rows["answers.csv"].left_out == 3


def test_no_cell_of_the_folder_is_a_command(owner: User, tmp_path: Path) -> None:
    review = full_review()
    judge_everything(owner, review)
    for path in write_review_folder(Order(owner, review), tmp_path):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                assert not [cell for row in csv.reader(file) for cell in row if is_command(cell)], path.name


@given(st.text(alphabet="'=+-@\t\r 1.aé"))
def test_harmless_cells_are_read_back_as_they_were(text: str) -> None:
    assert as_written(harmless(text)) == text
    assert not is_command(harmless(text))


def test_two_rows_with_one_key_are_told_before_a_file_is_begun(owner: User) -> None:
    review = full_review()
    for _ in range(2):
        make.make_report(review.studies.get(code="B_3"), citation="Doe 2020", is_primary=False)

    with pytest.raises(ValidationError, match="The study “B_3” has the same report twice"):
        EXPORTS["review-folder"].write(Order(owner, review))


def test_one_event_in_several_rows_is_numbered_and_changed_row_by_row(owner: User, tmp_path: Path) -> None:
    review = full_review()
    write_review_folder(Order(owner, review), tmp_path)
    path = tmp_path / "adverse_events.csv"
    text = path.read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(StringIO(text)) if row["term"] == "falls"]
    assert [(row["arm"], row["number"], row["seriousness"]) for row in rows] == [
        *(("", "1", "serious"), ("", "2", "not_serious"), ("", "3", "serious"), ("2", "1", "unclear")),
    ]
    path.write_text(text.replace("not_serious,3,2,50", "not_serious,4,3,50"), encoding="utf-8")

    result = import_review(by=owner, folder=tmp_path)

    assert [str(problem) for problem in result.errors] == []
    (told,) = result.changes
    assert told.what.endswith("term falls, number 2")
    events = AdverseEvent.objects.filter(term="falls").order_by("pk").values_list("seriousness", "events")
    assert list(events) == [("serious", 3), ("unclear", 3), ("not_serious", 4), ("serious", 3)]


def test_one_event_in_two_rows_without_a_number_is_refused(owner: User, tmp_path: Path) -> None:
    write_review_folder(Order(owner, full_review()), tmp_path)
    (tmp_path / "adverse_events.csv").write_text("study,term\nZ_1,dizzy\nZ_1,dizzy\n", encoding="utf-8")

    (problem,) = import_review(by=owner, folder=tmp_path).errors

    assert str(problem) == (
        "adverse_events.csv line 3: the adverse event with study Z_1, term dizzy already stands in line 2."
    )


def test_only_members_export(owner: User) -> None:
    review = full_review()
    with pytest.raises(NotAllowed):
        EXPORTS["review-folder"].write(Order(make.make_user(), review))


def test_readings_of_single_readers_stay_at_home(owner: User, tmp_path: Path) -> None:
    review = full_review()
    study = make.make_study(review, code="Blind")
    reading = make.make_extraction(study, consensus=False)
    make.make_arm(reading, label="secret")
    make.make_assessment(study, consensus=False)

    write_review_folder(Order(owner, review), tmp_path)

    texts = b"".join(files_of(tmp_path).values())
    assert b"Blind" in texts
    assert b"secret" not in texts
    assert b"Blind" not in (tmp_path / "arms.csv").read_bytes()


def test_the_zip_goes_out_and_in_by_the_commands(owner: User, tmp_path: Path) -> None:
    full_review()
    path = tmp_path / "full.zip"
    call_command("export", "review-folder", "--review", "full", "--out", str(path), "--as", "ann", stdout=StringIO())
    assert path.read_bytes() == b"".join(EXPORTS["review-folder"].write(Order(owner, Review.objects.get(slug="full"))))
    make.make_membership(make.make_review(slug="other"), owner)

    out = StringIO()
    call_command("load", "review-folder", str(path), "--review", "other", "--as", "ann", stdout=out)

    assert "loaded" in out.getvalue()
    assert content_of("other") == content_of("full").replace('"review":"full"', '"review":"other"')


@pytest.mark.parametrize("bad", ["cut", "no folder", "two", "outside", "changed"])
def test_a_bad_zip_is_refused_with_a_sentence(owner: User, tmp_path: Path, bad: str) -> None:
    full_review()
    review = make.make_review(slug="other")
    data = b"".join(EXPORTS["review-folder"].write(Order(owner, Review.objects.get(slug="full"))))
    if bad == "cut":
        data = data[: len(data) // 2]
    elif bad == "changed":
        data = data.replace(b"Everything", b"everything")
    else:
        buffer = BytesIO(data if bad == "two" else b"")
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr({"two": "more/review.json", "outside": "../review.json"}.get(bad, "x.csv"), "{}")
        data = buffer.getvalue()
    path = tmp_path / "bad.zip"
    path.write_bytes(data)

    result = FORMATS["review-folder"].load(Request(owner, review, path, "bad.zip"))

    assert not result.is_saved
    assert result.errors[0].sentence.startswith("bad.zip")
    assert not Study.objects.filter(review=review).exists()
    with pytest.raises(CommandError):
        call_command("load", "review-folder", str(path), "--review", "other", "--as", "ann", stdout=StringIO())


def test_ten_times_the_studies_take_no_more_memory(owner: User) -> None:
    """Rows are written some studies at a time; what grows is one number per study."""
    peaks = []
    for studies in (100, 500):
        review = make.make_review()
        outcome = make.make_outcome(review)
        scale = make.make_instrument(outcome)
        for _ in range(studies):
            arm = make.make_arm(make.make_extraction(make.make_study(review, note="words " * 200)))
            make.make_arm_result(arm, scale, quote="words " * 200)
        tracemalloc.start()
        size = sum(map(len, EXPORTS["review-folder"].write(Order(owner, review))))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > studies * 2400
    assert peaks[1] < 1.3 * peaks[0]


def test_no_mutation_of_the_zip_crashes_or_saves_a_part(owner: User, tmp_path: Path) -> None:
    full_review()
    review = make.make_review(slug="other")
    data = b"".join(EXPORTS["review-folder"].write(Order(owner, Review.objects.get(slug="full"))))
    path = tmp_path / "mutated.zip"

    @given(st.lists(st.tuples(st.integers(0, len(data) - 1), st.binary(max_size=3)), min_size=1, max_size=3))
    @settings(max_examples=tries(40), deadline=None)
    def mutate(changes: list[tuple[int, bytes]]) -> None:
        mutated = data
        for place, piece in changes:
            mutated = mutated[:place] + piece + mutated[place + 1 :]
        path.write_bytes(mutated)
        point = transaction.savepoint()
        result = FORMATS["review-folder"].load(Request(owner, review, path, "mutated.zip"))
        assert result.is_saved or result.errors
        assert result.is_saved or not Study.objects.filter(review=review).exists()
        transaction.savepoint_rollback(point)

    mutate()


def test_an_import_of_everything_is_undone_as_a_whole(owner: User, tmp_path: Path) -> None:
    review = full_review()
    judge_everything(owner, review)
    write_review_folder(Order(owner, review), tmp_path)
    other = make.make_review(slug="other")
    before = content_of("other")

    result = import_rows(by=owner, folder=read_folder(tmp_path), review=other, what="Import")
    assert content_of("other") == content_of("full").replace('"review":"full"', '"review":"other"')
    assert result.act is not None
    undo(by=owner, batch=result.act, reason="the wrong review")

    assert content_of("other") == before
    assert not Assessment.objects.filter(study__review=other).exists()
