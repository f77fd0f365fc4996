"""Records of text with tags: each line begins with a tag, or goes on with the one before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tagged:
    """One record: the line that it begins in, and its texts by tag in the order of the file."""

    line: int
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    last: str = ""

    def begin(self, tag: str, text: str) -> None:
        """Begin a field."""
        self.texts[tag].append(text)
        self.last = tag

    def go_on(self, text: str) -> None:
        """Add a line to the field that was begun last."""
        if self.last:
            self.texts[self.last][-1] += "\n" + text

    def all(self, *tags: str) -> list[str]:
        """Give the texts of these tags, tag by tag."""
        return [text for tag in tags for text in self.texts.get(tag, ())]

    def first(self, *tags: Iterable[str]) -> list[str]:
        """Give the texts of the first of these groups of tags that has any."""
        for group in tags:
            if texts := [text for text in self.all(*group) if text.strip()]:
                return texts
        return []
