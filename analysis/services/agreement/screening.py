"""First answers of screening, by stage."""

from analysis.engine.agreement import Answer, AnswerScale, FirstAnswer
from analysis.services.agreement.asking import Asked, Gathered
from evidence.models import ExclusionReason, Review, ScreeningState
from evidence.services.screening import first_answers
from evidence.verdicts import Answer as Said
from evidence.verdicts import Stage, Status

GOES_ON = "Unsure counts as include: the record goes on."
REASON_NOTE = "Of the records that both excluded, and for which both gave a reason."
ANSWERS = (Said.INCLUDE, Said.UNSURE, Said.EXCLUDE)


def gather_screening(review: Review) -> Gathered:
    """Give what two readers answered first about each record that both had to answer and have answered."""
    reasons = {row.pk: row for row in ExclusionReason.objects.filter(review=review)}
    gathered = Gathered(waiting=_count_waiting(review))
    for stage in Stage:
        decision, answer, reason = (f"{stage.value}.{name}" for name in ("decision", "answer", "reason"))
        used: set[str] = set()
        for row in first_answers(review=review, stage=stage):
            item, reader = str(row.record), str(row.reader)
            kept: list[tuple[str, Answer]] = [(answer, str(row.answer))]
            if stage == Stage.TITLE_ABSTRACT:
                goes_on = Said.EXCLUDE if row.answer == Said.EXCLUDE else Said.INCLUDE
                kept.append((decision, str(goes_on.value)))
            if row.reason is not None:
                used.add(reasons[row.reason].code)
                kept.append((reason, reasons[row.reason].code))
            gathered.answers += [FirstAnswer(code, item, reader, said) for code, said in kept]
        gathered.asked += _asked(stage, list(reasons.values()), used)
    return gathered


def _asked(stage: Stage, reasons: list[ExclusionReason], used: set[str]) -> list[Asked]:
    """Give the questions of a stage: whether a record goes on, what was answered, and why it was excluded."""
    labels: dict[Answer, str] = {str(said.value): str(said.label) for said in ANSWERS}
    every = AnswerScale("nominal", tuple(str(said.value) for said in ANSWERS))
    asked = [Asked(f"{stage.value}.answer", str(stage.label), "Answer as given", every, labels)]
    if stage == Stage.TITLE_ABSTRACT:
        two = AnswerScale("nominal", (str(Said.INCLUDE.value), str(Said.EXCLUDE.value)))
        decision = Asked(f"{stage.value}.decision", str(stage.label), "Include or exclude", two, labels, GOES_ON)
        asked.insert(0, decision)
    offered = [
        row for row in reasons if row.code in used or (not row.is_retired and row.stage in (stage.value, "both"))
    ]
    if used:
        scale = AnswerScale("nominal", tuple(row.code for row in offered))
        words: dict[Answer, str] = {row.code: row.name for row in offered}
        asked.append(
            Asked(f"{stage.value}.reason", str(stage.label), "Reason for excluding", scale, words, REASON_NOTE)
        )
    return asked


def _count_waiting(review: Review) -> int:
    """Give how many records one of two readers has answered while the other has not."""
    half_read = ScreeningState.objects.filter(review=review, needed__gt=1, answered__gt=0, is_disclosed=False)
    return half_read.exclude(status=Status.REMOVED).count()
