"""Fill an empty database: the demonstration review with a member of each role, and a review that none of them may see.

`python -m tests.bench.api.world` prints what a program needs to know as JSON. With `--digest` it prints the digest of
all rows of the review that nobody may see, to tell whether somebody changed one.
"""

import hashlib
import json
import os
import sys
from typing import Any

ROLES = ("owner", "adjudicator", "reviewer", "statistician", "viewer")
OUTSIDER, NOBODY = "outsider", "nobody"
REVIEW, ELSEWHERE = "lbp", "unseen-elsewhere"
FEW = 6
PRINTED = "Exercise reduced pain (SMD -0.18, 95% CI -0.22 to 0.01; I2 = 45%; k = 12 studies)."
# Fields that hold words; those of the unseen review get a mark that no answer may hold.
MARKED = {"Study": "label", "Outcome": "name", "Instrument": "name", "Arm": "label", "Report": "citation"}
MARKED |= {"Record": "title", "ArmResult": "quote", "Paper": "title", "PrintedClaim": "quote", "Webhook": "url"}


def main(arguments: list[str]) -> int:
    """Fill the database of the environment, or give the digest."""
    import django

    django.setup()
    sys.stdout.write(digest() if "--digest" in arguments else json.dumps(fill()))
    return 0


def fill() -> dict[str, Any]:
    """Make tables, reviews and tokens; give the tokens by role and keys of rows by resource."""
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    people = make_demonstration()
    unseen = make_unseen()
    people[OUTSIDER] = unseen["third"]
    return {
        "tokens": {role: token_of(person) for role, person in people.items()},
        "own": keys_of(REVIEW),
        "unseen": keys_of(ELSEWHERE),
        "slugs": [REVIEW, ELSEWHERE],
    }


def make_demonstration() -> dict[str, Any]:
    """Load the demonstration review with its analyses and snapshots; give its members by role."""
    from analysis.management.commands.demo import FOLDER, plan_analyses
    from analysis.models import Analysis
    from analysis.services import refresh_many
    from evidence.importers import import_review
    from evidence.models import Review
    from tests.factories import make_membership, make_user
    from tests.screening_factories import make_reason, make_records

    people = {role: make_user(f"person-{role}") for role in ROLES}
    outcome = import_review(by=people["owner"], folder=FOLDER)
    assert not outcome.errors, outcome.errors
    review = Review.objects.get(slug=REVIEW)
    for role in ROLES[1:]:
        make_membership(review, people[role], role)
    make_records(review, 20, by=people["owner"])
    make_reason(review)
    plan_analyses(people["owner"], review)
    list(refresh_many(by=people["owner"], analyses=list(Analysis.objects.filter(review=review))))
    add_ledger(people["owner"], review)
    return people


def add_ledger(owner: Any, review: Any) -> None:
    """Add a paper with claims, of which one is bound to a snapshot, and a webhook, which nothing is sent to here."""
    from analysis.claims.grammar import read_claims
    from analysis.models import Snapshot, Webhook
    from analysis.services.notifying import save_webhook
    from analysis.services.papers import bring_claims, save_claim, save_paper

    paper = save_paper(by=owner, review=review, title="A paper", version="1")
    bring_claims(by=owner, paper=paper, claims=read_claims(PRINTED))
    bound = paper.claims.filter(quantity="estimate")[0]
    bound.snapshot = Snapshot.objects.filter(analysis__review=review).order_by("pk")[0]
    save_claim(by=owner, claim=bound)
    save_webhook(by=owner, webhook=Webhook(review=review, url="https://hooks.example.org/quorum"))


def make_unseen() -> dict[str, Any]:
    """Make a review with a row of each kind, marked; and somebody who owns a third review."""
    from django.db.models import F, Value
    from django.db.models.functions import Concat

    from analysis import models as of_analysis
    from evidence import models as of_evidence
    from evidence.models import Review
    from tests.analysis.test_admin_world import make_world
    from tests.api.test_api_matrix import Rows
    from tests.factories import make_membership

    world = make_world(2)
    Review.objects.filter(pk=world.review.pk).update(slug=ELSEWHERE)
    world.review.refresh_from_db()
    Rows(world, "runs")
    for name, field in MARKED.items():
        model: Any = getattr(of_evidence, name, None) or getattr(of_analysis, name)
        rows = model.objects.filter(**{f"{model.review_path}__slug": ELSEWHERE})
        rows.update(**{field: Concat(F(field), Value(f" {ELSEWHERE}"))})
    return {"third": make_membership(role="owner").user}


def token_of(person: Any) -> str:
    """Give the key of a token with all scopes."""
    from evidence.permissions import Scope
    from evidence.services.tokens import issue_token

    return issue_token(by=person, name="generator", scopes=tuple(Scope), days=2)[1]


def keys_of(slug: str) -> dict[str, list[int]]:
    """Give some keys of rows of a review by resource."""
    from analysis.api.urls import router

    found = {}
    for word, kind, _ in router.registry:
        model = getattr(kind, "model", None)
        if model is not None:
            path = getattr(model, "review_path", "")
            rows = model._default_manager.filter(**{f"{path}__slug" if path else "slug": slug})
            found[word] = list(rows.order_by("pk").values_list("pk", flat=True)[:FEW])
    return found


def digest() -> str:
    """Give the digest of all rows of the review that nobody may see."""
    from django.apps import apps

    told = hashlib.sha256()
    for model in apps.get_models():
        path = getattr(model, "review_path", None)
        if path is not None:
            rows = model._default_manager.filter(**{f"{path}__slug" if path else "slug": ELSEWHERE})
            told.update(repr((model.__name__, list(rows.order_by("pk").values_list()))).encode())
    return told.hexdigest()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main(sys.argv[1:]))
