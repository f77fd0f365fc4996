"""What any address may be asked: no more letters than it can hold, each name once, and none without a value."""

from rest_framework import exceptions
from rest_framework.request import Request

from evidence.api.problems import Refusal

# A web server refuses lines of more than 4,094 letters before the site is asked; a line also holds the verb.
LONGEST_ADDRESS = 4000
TOO_LONG = f"The address is longer than {LONGEST_ADDRESS} letters; ask for less at once."
TWICE = "“{name}” is there {times} times; say it once."
EMPTY = "“{name}” is there without a value; give one, or leave it out."


def require_plain(request: Request) -> None:
    """Refuse a question of which a part would silently count for nothing.

    Raises
    ------
    Refusal : 414, the address is too long
    ParseError : a name is there several times, or without a value
    """
    if len(request.get_full_path()) > LONGEST_ADDRESS:
        raise Refusal(414, TOO_LONG)
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise exceptions.ParseError(TWICE.format(name=name[:80], times=len(values)))
        if not values[0]:
            raise exceptions.ParseError(EMPTY.format(name=name[:80]))
