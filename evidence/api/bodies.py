"""Bodies of requests: JSON of a size, a depth and letters that the database can keep."""

import json
from typing import Any, NoReturn

from django.conf import settings
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

from evidence.api.problems import Refusal

DEEPEST = 20
ODD_LETTER = "The body holds half of a letter (a lone surrogate), which no text can keep."
TOO_DEEP = f"The body is nested more than {DEEPEST} levels deep."


class JsonBody(BaseParser):
    """JSON in UTF-8 without NaN or infinity."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Give the body as plain data.

        Raises
        ------
        Refusal : 413, the body is larger than API_MAX_BODY_KB
        ParseError : it is not JSON, or cannot be kept
        """
        most = settings.API_MAX_BODY_KB * 1024
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise Refusal(413, f"The body is larger than {settings.API_MAX_BODY_KB} kB; send it in several requests.")
        try:
            value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_once_each)
        except RecursionError as error:
            raise exceptions.ParseError(TOO_DEEP) from error
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not JSON: {error}.") from error
        _check(value, 0)
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Give an object; a name that is there twice would silently lose one of its values."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


def _check(value: Any, depth: int) -> None:
    """Refuse what is nested too deep, and text that cannot be written in UTF-8."""
    if depth > DEEPEST:
        raise exceptions.ParseError(TOO_DEEP)
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise exceptions.ParseError(ODD_LETTER)
    elif isinstance(value, list):
        for one in value:
            _check(one, depth + 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            _check(name, depth + 1)
            _check(one, depth + 1)
