"""The answers to what a format asks: what can be chosen, and whether an answer is one of these."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from evidence.importers.asking import Format, Question
from evidence.models import Instrument, Outcome, Review, SearchRound

NOT_ANSWERED = "This has to be answered."
NO_CHOICE = "Choose one of the answers that are listed."


def choices_of(question: Question, review: Review) -> list[tuple[str, str]] | None:
    """Give the answers that a question can have in a review, as codes with labels; None where it is free text."""
    if question.kind == "choice":
        return list(question.choices)
    if question.kind == "search_round":
        return _rounds(review)
    if question.kind == "outcome":
        return [(one.code, one.name) for one in Outcome.objects.of_review(review).order_by("name")]
    if question.kind == "instrument":
        rows = Instrument.objects.of_review(review).select_related("outcome").order_by("outcome__name", "name")
        return [(f"{one.outcome.code}/{one.code}", f"{one.outcome.name}: {one.name}") for one in rows]
    return None


def _rounds(review: Review) -> list[tuple[str, str]]:
    """Give the search rounds of a review, and the one that would be next."""
    rounds = list(SearchRound.objects.of_review(review).order_by("number"))
    following = rounds[-1].number + 1 if rounds else 1
    return [*((str(one.number), str(one)) for one in rounds), (str(following), f"{following}: a new search round")]


def read_answers(format: Format, review: Review, given: Mapping[str, str]) -> dict[str, str]:
    """Give the answers to a format's questions; those that are left empty are left out.

    Raises
    ------
    ValidationError : one that is needed is missing, or one is not among those that can be chosen; by question
    """
    answers, wrong = {}, {}
    for question in format.questions:
        answer = str(given.get(question.name, "")).strip()
        choices = choices_of(question, review)
        if not answer:
            if question.is_needed:
                wrong[question.name] = NOT_ANSWERED
            continue
        if choices is not None and answer not in dict(choices):
            wrong[question.name] = NO_CHOICE
        answers[question.name] = answer
    if wrong:
        raise ValidationError(wrong)
    return answers
