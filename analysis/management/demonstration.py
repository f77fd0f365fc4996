"""The paper of the demonstration review: what it claims, and its figures and tables from what is public."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from analysis.models import Block, Manuscript
from analysis.papers import read_claim_file
from analysis.services.manuscripts import Numbers, save_block, save_manuscript
from analysis.services.papers import Brought, bring_claims, save_paper
from evidence.models import Review

VERSION = "11 February 2022"
SOURCE = "medRxiv 10.1101/2021.12.16.21267900"


@transaction.atomic
def write_manuscript(*, by: User, review: Review, file: Path) -> bool:
    """Write the manuscript that a file lays out; whether it is new. One that is there stays as people left it."""
    laid_out: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if Manuscript.objects.filter(review=review, slug=laid_out["slug"]).exists():
        return False
    row = Manuscript(review=review, **{name: laid_out[name] for name in ("title", "slug", "abstract")})
    save_manuscript(by=by, manuscript=row)
    numbers = Numbers(review)
    for fields in laid_out["blocks"]:
        named = {**fields, "analysis": numbers.analyses[fields["analysis"]]} if "analysis" in fields else fields
        save_block(by=by, block=Block(manuscript=row, **named), numbers=numbers)
    return True


@transaction.atomic
def bring_paper(*, by: User, review: Review, file: Path) -> Brought:
    """Bring in what the review's paper claims; what is there already stays as it is."""
    paper = save_paper(by=by, review=review, title=review.title, version=VERSION, source=SOURCE)
    return bring_claims(by=by, paper=paper, claims=read_claim_file(file))
