"""A page as a browser sees it: the fields that it would send back if nothing was touched."""

from html.parser import HTMLParser
from typing import Any

TICKED = ("checkbox", "radio")


class _Fields(HTMLParser):
    """Collects inputs, choices and texts of the form that is for saving."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.is_in_form = False
        self.select = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_in_form = values.get("id", "").endswith("_form")
        if not self.is_in_form:
            return
        name = values.get("name", "")
        if tag == "select":
            self.select = name
            self.found.setdefault(name, "")
        elif tag == "option" and self.select and "selected" in values:
            self.found[self.select] = values.get("value", "")
        elif tag == "textarea":
            self.text = name
            self.found[name] = ""
        elif tag == "input" and _is_sent(values):
            self.found[name] = values.get("value", "on" if values.get("type") in TICKED else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_in_form = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text and self.is_in_form:
            # A browser drops the line break right after the opening tag.
            self.found[self.text] += data


def _is_sent(values: dict[str, str]) -> bool:
    kind = values.get("type")
    return bool(values.get("name")) and kind not in ("submit", "file") and (kind not in TICKED or "checked" in values)


def fields_of(response: Any) -> dict[str, str]:
    """Give what the page would send back as it is, without rows that are only models for new ones."""
    return read_fields(response.content.decode())


def read_fields(html: str) -> dict[str, str]:
    """Give the same of the text of a page."""
    parser = _Fields()
    parser.feed(html)
    texts = {name: value.removeprefix("\n").removeprefix("\r\n") for name, value in parser.found.items() if name}
    return {name: value for name, value in texts.items() if "__prefix__" not in name}
