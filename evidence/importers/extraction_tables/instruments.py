"""Finding the instruments of a review by what a table calls them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evidence.importers.extraction_tables.words import Word, instrument_words, tokens_of
from evidence.importers.problems import CellProblem, listing
from evidence.models import Instrument, Review

Tokens = tuple[str, ...]
Key = tuple[str, str]


@dataclass(slots=True)
class Instruments:
    """The instruments of a review: by every usual name the keys (outcome code, instrument code) that it may mean."""

    names: dict[Tokens, set[Key]] = field(default_factory=dict)
    outcomes: dict[Tokens, str] = field(default_factory=dict)
    by_outcome: dict[str, list[Key]] = field(default_factory=dict)
    words: tuple[Word, ...] = ()

    def find(self, *texts: str) -> Key | None:
        """Give the instrument that texts name together, None where they name none, or several."""
        found = self.names.get(tuple(token for text in texts for token in tokens_of(text)), set())
        return next(iter(found)) if len(found) == 1 else None

    def search(self, folded: Sequence[str]) -> tuple[Key, set[int]] | None:
        """Give the instrument that the longest run of words names, with the places of the words."""
        for length in range(len(folded), 0, -1):
            for place in range(len(folded) - length + 1):
                found = self.names.get(tuple(folded[place : place + length]), set())
                if len(found) == 1:
                    return next(iter(found)), set(range(place, place + length))
        return None

    def choose(self, outcome: str, instrument: str, answer: Key | None) -> Key:
        """Give the instrument of a row; `answer` is the one that a person named for rows that do not say it.

        Raises
        ------
        CellProblem : there is no such instrument, or it is not clear which
        """
        if not outcome and not instrument and answer:
            return answer
        found = self.find(outcome, instrument) or (self.find(instrument) if not outcome else None)
        if found:
            return found
        code = self.outcomes.get(tokens_of(outcome))
        if code and not instrument and answer and answer[0] == code:
            return answer
        text = " ".join(filter(None, (outcome, instrument)))
        if not text:
            raise CellProblem("The table does not say what was measured; name the outcome and instrument.")
        labels = [word.label for word in self.words if not code or word.code.startswith(f"{code}/")]
        raise CellProblem(f"“{text}” is not one instrument of the review{listing(labels, text)}")


def instruments_of(review: Review) -> Instruments:
    """Give the instruments of a review."""
    rows = list(Instrument.objects.filter(outcome__review=review).select_related("outcome"))
    found = Instruments(words=instrument_words(rows))
    labels = {word.code: word.label for word in found.words}
    for one in rows:
        key = (one.outcome.code, one.code)
        found.by_outcome.setdefault(one.outcome.code, []).append(key)
        _add(found, key, (labels["/".join(key)], str(one)))
        for instrument in (one.name, one.code):
            _add(
                found,
                key,
                (instrument, *(f"{outcome} {instrument}" for outcome in (one.outcome.name, one.outcome.code))),
            )
    for one in rows:
        for name in (one.outcome.name, one.outcome.code):
            found.outcomes[tokens_of(name)] = one.outcome.code
            keys = found.by_outcome[one.outcome.code]
            if len(keys) == 1:
                _add(found, keys[0], (name,))
    return found


def _add(found: Instruments, key: Key, names: Iterable[str]) -> None:
    for name in names:
        if tokens_of(name):
            found.names.setdefault(tokens_of(name), set()).add(key)
