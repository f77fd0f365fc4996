"""The manuscript of the demonstration review: the paper's figures and tables, from what is public."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from analysis.models import Block, Manuscript
from analysis.services.manuscripts import Numbers, save_block, save_manuscript
from evidence.models import Review


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
