"""Snapshots built by hand, pooled by the plugin itself."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from analysis.contract import Dataset
from analysis.derivation import derive
from analysis.explain import Side, SnapshotFacts
from plugins.pooling import plugin as pooling
from tests.derivation.content import arm, content, result, rules, study

Row = dict[str, Any]
FIRST_DAY = date(2026, 5, 3)
TRIALS = [
    ("3.1", "1.5", 40, "4.0", "1.6", 42),
    ("2.8", "1.9", 55, "3.2", "2.0", 50),
    ("3.6", "2.1", 30, "4.9", "1.8", 33),
    ("3.0", "2.0", 60, "3.3", "1.9", 61),
    ("2.5", "1.7", 25, "3.5", "1.6", 27),
    ("3.9", "2.2", 80, "4.1", "2.1", 78),
    ("2.2", "1.4", 20, "3.9", "1.5", 22),
    ("3.3", "1.8", 45, "4.4", "1.7", 44),
]


def trial(place: int, **changes: Any) -> Row:
    """Give one of the trials, with other numbers of its first arm where wanted."""
    mean1, sd1, n1, mean2, sd2, n2 = TRIALS[place]
    first = {"mean": mean1, "sd": sd1, "n": n1, **changes}
    return study(
        arm(1, result(**first), n=n1),
        arm(2, result(mean=mean2, sd=sd2, n=n2), kind="active", n=n2),
        label=f"Trial {place + 1}",
    )


def evidence(*places: int, **studies: Row) -> Row:
    """Give frozen evidence of some of the trials; `studies` are others, or stand in their place, by code."""
    return content(named={f"S{place + 1}": trial(place) for place in places} | studies)


def pool(dataset: Dataset, params: Any) -> Row:
    """Give the plugin's own answer as plain data."""
    answer = pooling.run(dataset, pooling.params.model_validate(params), {}, lambda fraction, says: None)
    return answer.model_dump(mode="json")


def side(frozen: Row, number: int = 1, *, params: Row | None = None, **changes: Any) -> Side:
    """Give a snapshot of frozen evidence; `changes` are fields of Side, or rules."""
    own = {name: changes.pop(name) for name in list(changes) if name in Side.__slots__}
    asked = rules(**changes)
    dataset = derive(frozen, asked)
    chosen = pooling.params.model_validate(params or {}).model_dump(mode="json")
    values = {
        "facts": SnapshotFacts(number=number, made_on=str(FIRST_DAY + timedelta(days=30 * (number - 1)))),
        "content": deepcopy(frozen),
        "rules": asked,
        "dataset": dataset,
        "params": {"pooling": chosen},
        "results": {"pooling": pool(dataset, chosen)},
        "versions": {"pooling": pooling.version},
    }
    return Side(**(values | own))
