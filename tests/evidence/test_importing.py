"""What an import does: everything or nothing, the same twice, and only what the person may do."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from evidence.importers import Counts, ImportResult, import_review
from evidence.models import Arm, ArmResult, Characteristic, Extraction, Judgement, Membership, Review, Study
from evidence.permissions import NotAllowed
from evidence.services import record, reopen_extraction
from tests.evidence.test_import_example import PROTOCOL, change, sentences, write_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_example(tmp_path / "tea")


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


def total(result: ImportResult) -> Counts:
    """Give the counts of all tables together."""
    return Counts(
        new=sum(one.new for one in result.rows.values()),
        updated=sum(one.updated for one in result.rows.values()),
        unchanged=sum(one.unchanged for one in result.rows.values()),
        only_in_database=sum(one.only_in_database for one in result.rows.values()),
    )


def history_size() -> int:
    """Count the entries of the histories of what an import writes."""
    models = (Review, Membership, Study, Extraction, Arm, ArmResult, Characteristic, Judgement)
    return sum(model.history.count() for model in models)


def test_import_twice_changes_nothing(owner: User, folder: Path) -> None:
    first = import_review(by=owner, folder=folder)
    before = history_size()

    second = import_review(by=owner, folder=folder)

    assert total(second) == Counts(unchanged=total(first).new)
    assert history_size() == before


def test_import_opens_and_completes_consensus_extractions(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)

    extraction = Extraction.objects.get(study__code="Ito_2001")
    assert extraction.is_consensus
    assert (extraction.status, extraction.completed_by) == ("complete", owner)
    assert not Extraction.objects.filter(study__code="Ito_2003").exists()


def test_import_leaves_a_reopened_extraction_open(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    reopen_extraction(by=owner, extraction=Extraction.objects.get(study__code="Ito_2001"), reason="check the SDs")

    import_review(by=owner, folder=folder)

    assert Extraction.objects.get(study__code="Ito_2001").status == "draft"


def test_import_updates_one_changed_number(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    before = history_size()
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,1.6")

    result = import_review(by=owner, folder=folder)

    assert total(result).updated == result.rows["arm_results.csv"].updated == 1
    row = ArmResult.objects.get(arm__number=1, instrument__code="diary")
    assert row.sd == Decimal("1.6")
    assert (row.history.count(), row.history.latest().history_user) == (2, owner)
    assert history_size() == before + 1


def test_import_updates_the_review_and_a_judgement(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    change(folder, "review.json", "Sleep and tea", "Tea and sleep")
    change(folder, "judgements.csv", "missing_data,low", "missing_data,high")

    result = import_review(by=owner, folder=folder)

    assert sentences(result) == []
    assert result.rows["review.json: review"].updated == result.rows["judgements.csv"].updated == 1
    assert Review.objects.get().title == "Tea and sleep"
    assert Judgement.objects.get(domain="overall").proposed == "high"
    assert total(import_review(by=owner, folder=folder)).updated == 0


def test_column_that_is_absent_leaves_the_stored_values(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    (folder / "studies.csv").write_text("code,label\nIto_2001,Ito 2001\nIto_2003,Ito 2003\nMüller_2010,Müller 2010\n")
    (folder / "judgements.csv").write_text("study,domain,judgement\nIto_2001,overall,high\n")

    result = import_review(by=owner, folder=folder)

    assert sentences(result) == []
    assert total(result).updated == 0
    assert Study.objects.get(code="Ito_2003").companion_of is not None
    assert Judgement.objects.get(domain="overall").justification == "several concerns together"


def test_rows_only_in_the_database_are_counted_and_left(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    change(folder, "characteristics.csv", "Ito_2001,blinded,yes\n", "")
    (folder / "adverse_events.csv").unlink()

    result = import_review(by=owner, folder=folder)

    assert result.rows["characteristics.csv"] == Counts(unchanged=2, only_in_database=1)
    assert result.rows["adverse_events.csv"] == Counts(only_in_database=2)
    assert Characteristic.objects.filter(field__code="blinded").exists()


def test_dry_run_says_the_same_and_writes_nothing(owner: User, folder: Path) -> None:
    preview = import_review(by=owner, folder=folder, dry_run=True)

    assert not preview.is_saved
    assert (Review.objects.count(), Study.objects.count(), history_size()) == (0, 0, 0)
    assert import_review(by=owner, folder=folder).rows == preview.rows


def test_one_error_keeps_everything_out(owner: User, folder: Path) -> None:
    change(folder, "judgements.csv", "several concerns together", "")

    result = import_review(by=owner, folder=folder)

    assert sentences(result) == [
        "judgements.csv line 7, column justification: the judgement departs from what the tool's rule gives; say why."
    ]
    assert not result.is_saved
    assert (Review.objects.count(), Study.objects.count(), history_size()) == (0, 0, 0)


def test_progress_reaches_the_last_row_and_changes_no_result(owner: User, folder: Path) -> None:
    steps: list[tuple[int, int, str]] = []

    result = import_review(by=owner, folder=folder, dry_run=True, progress=lambda *step: steps.append(step))

    rows = total(result).new
    assert steps[-1] == (rows, rows, "judgements.csv")
    assert [done for done, _, _ in steps] == list(range(2, rows + 1))


def test_windows_may_move_past_each_other(owner: User, folder: Path) -> None:
    long = {"code": "long", "name": "long-term", "target_week": 30, "from_week": 21, "to_week": 40}
    for short_to, long_from in ((20, 21), (25, 26)):
        content = json.loads(json.dumps(PROTOCOL))
        content["outcomes"][0]["windows"][0]["to_week"] = short_to
        content["outcomes"][0]["windows"].append({**long, "from_week": long_from})
        (folder / "review.json").write_text(json.dumps(content))

        result = import_review(by=owner, folder=folder)

        assert sentences(result) == []
    assert result.rows["review.json: windows"].updated == 2


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_role_without_adjudication_may_not_import(owner: User, folder: Path, role: str) -> None:
    import_review(by=owner, folder=folder)
    other = User.objects.create_user("bob")
    record(by=owner, row=Membership(review=Review.objects.get(), user=other, role=role))
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,1.6")

    with pytest.raises(NotAllowed, match="bob may not change the consensus in “Sleep and tea”: that needs the role"):
        import_review(by=other, folder=folder)

    assert ArmResult.objects.get(arm__number=1, instrument__code="diary").sd == Decimal("1.1")


def test_adjudicator_may_import_but_not_change_the_review_itself(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    other = User.objects.create_user("eve")
    record(by=owner, row=Membership(review=Review.objects.get(), user=other, role="adjudicator"))
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,1.6")

    assert total(import_review(by=other, folder=folder)).updated == 1

    change(folder, "review.json", "Sleep and tea", "Tea and sleep")
    with pytest.raises(NotAllowed, match="needs the role owner"):
        import_review(by=other, folder=folder)


def test_command_prints_what_became_of_the_rows(owner: User, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_review", str(folder), "--as", "ann", "--dry-run")
    preview = capsys.readouterr().out
    assert "nothing was saved (dry run)" in preview
    assert not Review.objects.exists()

    call_command("load_review", str(folder), "--as", "ann")
    loaded = capsys.readouterr().out
    assert "Sleep and tea: loaded." in loaded
    assert preview.splitlines()[:-1] == loaded.splitlines()[:-1]
    studies = next(line for line in loaded.splitlines() if line.startswith("studies.csv"))
    assert studies.split() == ["studies.csv", "3", "0", "0", "0"]


def test_command_lists_every_problem_and_fails(owner: User, folder: Path) -> None:
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,-1.1")
    change(folder, "studies.csv", "Ito_2003,Ito 2003,2003", "Ito_2003,Ito 2003,203")

    with pytest.raises(CommandError) as failure:
        call_command("load_review", str(folder), "--as", "ann")

    assert str(failure.value).splitlines() == [
        "Nothing was saved: 2 problems.",
        "  studies.csv line 2, column year: the year must lie between 1900 and 2100; got 203.",
        "  arm_results.csv line 2, column sd: the SD must be above 0; got −1.1.",
    ]
    assert failure.value.returncode == 1


def test_command_without_a_name_takes_the_only_superuser(folder: Path) -> None:
    with pytest.raises(CommandError, match="--as USERNAME"):
        call_command("load_review", str(folder))
    User.objects.create_superuser("root")

    call_command("load_review", str(folder))

    assert Review.objects.get().memberships.get().user.get_username() == "root"


def test_command_refuses_an_unknown_person_and_one_who_may_not(owner: User, folder: Path) -> None:
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        call_command("load_review", str(folder), "--as", "nobody")
    import_review(by=owner, folder=folder)
    User.objects.create_user("bob")
    with pytest.raises(CommandError, match="bob may not change the consensus"):
        call_command("load_review", str(folder), "--as", "bob")
