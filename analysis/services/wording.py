"""Wording the findings of an analysis for readers: what people write in place of what Quorum words."""

import unicodedata

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis import canonical
from analysis.models import Analysis, FindingsWording, Snapshot
from analysis.services.rating import current_certainty
from evidence.permissions import Act, require
from evidence.services.recording import keep

# The fields of a person, as the sentences name them, with the most characters that each has room for.
ROOM = {"title": ("The outcome", 300), "statement": ("The statement", 1000), "footnotes": ("The footnotes", 4000)}
TOO_LONG = "{name} can have up to {most} characters; there are {found}."
NOT_PLAIN = "{name} can hold plain text only; take out the control character behind “{before}”."
NO_RESULT = "The statement has no pooled result that it could be about; leave it empty until there is one."


@transaction.atomic
def word_findings(
    *, by: User, analysis: Analysis, title: str = "", statement: str = "", footnotes: str = ""
) -> FindingsWording:
    """Word the row of an analysis in the Summary of Findings, for its result and certainty as they are now.

    Parameters
    ----------
    title : what the outcome is called for readers; "" for the title of the analysis
    statement : what happens; "" for the generated statement
    footnotes : one per line

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a text is too long or not plain, or there is no result for a statement; by field
    """
    require(by, Act.ANALYSE, analysis.review)
    texts = {
        "title": " ".join(title.split()),
        "statement": " ".join(statement.split()),
        "footnotes": "\n".join(filter(None, (" ".join(line.split()) for line in footnotes.splitlines()))),
    }
    _check(texts)
    row = FindingsWording.objects.filter(analysis=analysis).first() or FindingsWording(analysis=analysis)
    digest, certainty = _what_there_is(analysis) if texts["statement"] else ("", "")
    if not digest and texts["statement"] not in ("", row.statement):
        raise ValidationError({"statement": NO_RESULT})
    if digest or not texts["statement"]:
        row.result_digest, row.certainty = digest, certainty
    row.title, row.statement, row.footnotes = texts["title"], texts["statement"], texts["footnotes"]
    row.worded_by = by
    return keep(by=by, row=row)


def _check(texts: dict[str, str]) -> None:
    """Refuse texts that are too long or hold more than plain text, a sentence for each."""
    wrong: dict[str, list[str]] = {}
    for field, text in texts.items():
        name, most = ROOM[field]
        if len(text) > most:
            wrong.setdefault(field, []).append(TOO_LONG.format(name=name, most=most, found=len(text)))
        place = next((place for place, one in enumerate(text) if one != "\n" and unicodedata.category(one) == "Cc"), -1)
        if place >= 0:
            wrong.setdefault(field, []).append(NOT_PLAIN.format(name=name, before=text[max(place - 20, 0) : place]))
    if wrong:
        raise ValidationError(wrong)


def _what_there_is(analysis: Analysis) -> tuple[str, str]:
    """Give the digest of the latest pooled result, "" where there is none, and the certainty as rated or proposed."""
    snapshot = Snapshot.objects.filter(analysis=analysis).order_by("-number").first()
    runs = {} if snapshot is None else {run.plugin: run for run in snapshot.runs.all()}
    results = {name: canonical.from_text(runs[name].result) for name in ("pooling", "grade") if name in runs}
    if results.get("pooling", {}).get("estimate") is None:
        return "", ""
    rating = current_certainty(analysis)
    proposed = results.get("grade", {}).get("certainty") or ""
    return runs["pooling"].result_digest, proposed if rating is None else rating.level
