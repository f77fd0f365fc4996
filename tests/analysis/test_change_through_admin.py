"""The walk of a correction: one SD changed on the admin page, the analyses run again from the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from analysis import canonical
from analysis.models import Run, Snapshot
from analysis.services import refresh_many
from evidence.models import ArmResult
from tests.analysis.builders import SmallReview, make_small_review

pytestmark = pytest.mark.django_db


def change_sd_in_the_admin(client: Client, row: ArmResult, sd: str) -> None:
    """Open the page of a result, change its SD and save."""
    address = reverse("admin:evidence_armresult_change", args=[row.pk])
    form = client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None and value is not False}
    answer = client.post(address, {**data, "sd": sd})
    assert answer.status_code == 302, answer.context["errors"]


def run_all_from_the_list(client: Client, small: SmallReview) -> None:
    """Tick all analyses in the list and choose the action that runs them."""
    chosen = [str(analysis.pk) for analysis in small.review.analyses.all()]
    address = reverse("admin:analysis_analysis_changelist")
    page = client.get(address)
    action = next(name for name, title in page.context["action_form"].fields["action"].choices if "Run" in str(title))
    answer = client.post(address, {"action": action, "_selected_action": chosen}, follow=True)
    assert answer.status_code == 200


def test_changed_sd_makes_version_2_of_exactly_the_analyses_that_use_it():
    small = make_small_review()
    short, long = small.analysis("short"), small.analysis("long", window="long")
    before = {one.analysis.slug: one.snapshot for one in refresh_many(by=small.owner, analyses=[short, long])}
    kept = {row.pk: (row.manifest, row.digest, row.dataset.content) for row in before.values()}
    results = dict(Run.objects.values_list("key", "result"))
    client = Client()
    client.force_login(small.owner)
    row = ArmResult.objects.filter(arm__extraction__study=small.studies[0]).earliest("pk")

    change_sd_in_the_admin(client, row, "1.9")
    run_all_from_the_list(client, small)

    numbers = {
        slug: list(Snapshot.objects.filter(analysis__slug=slug).values_list("number", flat=True)) for slug in before
    }
    assert numbers == {"short": [2, 1], "long": [1]}
    assert Run.objects.count() == len(results) + 3
    for snapshot in Snapshot.objects.filter(pk__in=kept):
        assert (snapshot.manifest, snapshot.digest, snapshot.dataset.content) == kept[snapshot.pk]
    assert {key: Run.objects.get(key=key).result for key in results} == results
    second = Snapshot.objects.get(analysis__slug="short", number=2)
    assert canonical.from_text(second.manifest)["previous"] == before["short"].digest
    entry = ArmResult.history.filter(id=row.pk).latest()
    assert (entry.history_user, str(entry.sd)) == (small.owner, "1.9")
