"""How many doubts about a review wait for an answer, for pages that are opened often.

What was asked about the same rows is remembered, by the digest of the rows themselves: whatever changed a row, and by
whatever way, it is asked anew. So a count is never that of other numbers.
"""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from django.db import connection

from evidence.models import Review
from evidence.services.doubting import answered_in, questions_of, rows_of

# So many reviews are remembered by a process; of a review with 2,000 questions some 250 kB.
MOST_REVIEWS = 32
AT_ONCE = 1000
_asked: OrderedDict[str, tuple[str, ...]] = OrderedDict()
_turn = Lock()


def count_open(review: Review) -> int:
    """Give how many doubts about a review nobody has answered."""
    answered = answered_in(review)
    return sum(1 for digest in _digests(review) if digest not in answered)


def _digests(review: Review) -> tuple[str, ...]:
    """Give the digests of all questions about a review."""
    stand = stand_of(review)
    with _turn:
        if stand in _asked:
            _asked.move_to_end(stand)
            return _asked[stand]
    found = tuple(question.digest for question in questions_of(review))
    if stand_of(review) == stand:  # nobody changed a row between the two readings
        with _turn:
            _asked[stand] = found
            while len(_asked) > MOST_REVIEWS:
                _asked.popitem(last=False)
    return found


def stand_of(review: Review) -> str:
    """Give the digest of all that doubts about a review rest on, as it is stored."""
    found = sha256(str(review.pk).encode())
    for query in rows_of(review):
        sql, values = query.query.sql_with_params()
        with connection.cursor() as cursor:
            # Past Django's conversion of numbers, which takes longer than the rest.
            cursor.execute(sql, values)
            while rows := cursor.fetchmany(AT_ONCE):
                found.update(repr(rows).encode())
        found.update(b"\n")
    return found.hexdigest()
