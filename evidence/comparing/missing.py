"""What a reading does not have that the authors could be asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evidence.comparing.readings import Kind, Reading, Row, Words
from evidence.comparing.titles import measured

SPREAD = ("sd", "se", "ci_lower", "q1", "minimum")
PRECISION = ("standard_error", "ci_lower", "t_value", "p_value")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the reports seem not to say, in words for a letter."""

    item: str


def missing_items(reading: Reading, words: Words, questions: Iterable[str] = ()) -> list[Missing]:
    """Give what is missing: participants randomised, spreads, numbers analysed, totals, precision, answers.

    Parameters
    ----------
    questions : codes of the questions that the review asks of every study
    """
    labels = {row.key: str(row.get("label")) for row in reading.of(Kind.ARM)}
    answered = {row.get("field") for row in reading.of(Kind.CHARACTERISTIC)}
    found = [text for row in reading.rows for text in _of_row(row, labels, words)]
    found += [words.questions.get(code, code) for code in questions if code not in answered]
    return [Missing(text) for text in found]


def _of_row(row: Row, labels: dict[str, str], words: Words) -> Iterator[str]:
    if row.kind == Kind.ARM and row.get("n_randomised") is None:
        yield f"number randomised to {labels[row.key]}"
    elif row.kind == Kind.RESULT:
        where = f"of {labels[row.arms[0]]}, {measured(row, words)}"
        if row.get("mean") is not None or row.get("median") is not None:
            if all(row.get(name) is None for name in SPREAD):
                yield f"SD {where}"
            if row.get("n") is None:
                yield f"number analysed {where}"
        if row.get("events") is not None and row.get("total") is None:
            yield f"number of participants {where}"
        if row.get("week") is None and row.get("time_as_printed") is None:
            yield f"time {where}"
    elif row.kind == Kind.CONTRAST:
        is_bare = row.get("estimate") is not None and all(row.get(name) is None for name in PRECISION)
        if is_bare:
            arms = " against ".join(labels[arm] for arm in row.arms)
            yield f"confidence interval of {arms}, {measured(row, words)}"
