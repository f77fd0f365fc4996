"""Titles and abstracts with the review's own words marked: those that speak for including, and those against."""

import re
from functools import lru_cache

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

FOR, AGAINST = "speaks-for", "speaks-against"


def highlighted(text: str, include_words: str, exclude_words: str) -> SafeString:
    """Give the text, escaped, with the words marked; a word of both lists speaks for including."""
    pattern = _pattern(include_words, exclude_words)
    if pattern is None:
        return escape(text)
    parts, end = [], 0
    for found in pattern.finditer(text):
        kind = FOR if found.lastgroup == "include" else AGAINST
        parts.append(escape(text[end : found.start()]))
        parts.append(format_html('<mark class="{}">{}</mark>', kind, found[0]))
        end = found.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # every part is escaped above  # noqa: S308


@lru_cache(maxsize=64)
def _pattern(include_words: str, exclude_words: str) -> re.Pattern[str] | None:
    """Give what finds the words of both lists, None where there are none. Longer phrases come before shorter ones."""
    named = [("include", _alternatives(include_words)), ("exclude", _alternatives(exclude_words))]
    groups = [f"(?P<{name}>{words})" for name, words in named if words]
    return re.compile("|".join(groups), re.IGNORECASE) if groups else None


def _alternatives(words: str) -> str:
    lines = {" ".join(line.split()) for line in words.splitlines()} - {"", "*"}
    return "|".join(_expression(line) for line in sorted(lines, key=lambda line: (-len(line), line)))


def _expression(phrase: str) -> str:
    """Give what finds a phrase as whole words, whatever spaces part them; a star at the end finds any ending."""
    stem = phrase.rstrip("*")
    inside = r"\s+".join(re.escape(word) for word in stem.split())
    ending = r"\w*" if phrase.endswith("*") else r"(?!\w)"
    return rf"(?<!\w){inside}{ending}"
