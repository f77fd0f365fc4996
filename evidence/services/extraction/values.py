"""Third values: what an adjudicator writes where neither reader is right."""

from django.core.exceptions import ValidationError

from evidence.comparing import Form, Item, Kind, NotReadable, Value, read_value
from evidence.questionnaire import misfit, read_answer
from evidence.services.extraction.reading import Vocabulary


def read_third(item: Item, text: str, vocabulary: Vocabulary) -> Value:
    """Read a third value as the field of an item holds it; None where the field is to be empty.

    Raises
    ------
    ValidationError : the text is nothing that the field can hold; the sentence names the field
    """
    if item.field is None or item.field.name == "arm":
        raise ValidationError("Here one of the two has to be taken; correct the rest in the consensus.")
    if item.pair.kind == Kind.CHARACTERISTIC:
        return _read_answer(item, text, vocabulary)
    if item.field.form == Form.CHOICE:
        known = vocabulary.words.labels[item.field.name]
        if text and text not in known:
            raise ValidationError(f"“{text}” is not one of the choices for {item.field.label}; choose one of the list.")
        return text or None
    try:
        return read_value(item.field, text)
    except NotReadable as problem:
        raise ValidationError(str(problem)) from problem


def _read_answer(item: Item, text: str, vocabulary: Vocabulary) -> Value:
    """Read the answer to a question as the form asks for it now."""
    text = text.strip()
    if not text:
        return None
    field = vocabulary.questions[str(item.pair.rows[0].get("field"))]
    answer = read_answer(field.question, text)
    wrong = misfit(field.question, answer)
    if wrong is not None:
        raise ValidationError(wrong.sentence)
    return answer.number if answer.number is not None else answer.text or answer.flag
