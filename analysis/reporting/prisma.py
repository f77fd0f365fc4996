"""The PRISMA 2020 checklist of a manuscript: where each item is, from the blocks that say what they answer."""

from collections.abc import Iterable

from analysis.models import Block, Manuscript
from analysis.reporting.document import Checklist, ChecklistRow, Figure, Heading, Part, Table
from analysis.services.manuscripts.checklist import FOR_ABSTRACTS, ITEMS, answers_of, items_of

TITLE = "PRISMA 2020 checklist"
SOURCE = "Page MJ et al. The PRISMA 2020 statement (2021), doi:10.1136/bmj.n71; topics in our words."
NO_HEADING = "Beginning of the text"


class Places:
    """Where the items of the checklist are, noted while the document is built."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._heading = ""
        self._found: dict[str, list[str]] = {"1": ["Title"], "A1": ["Title"]}
        if manuscript.abstract.strip():
            self._found["2"] = ["Abstract"]
        self._said: dict[str, str] = {}

    def note(self, block: Block, parts: Iterable[Part]) -> None:
        """Note what a block answers and where it stands."""
        place = ""
        for part in parts:
            if isinstance(part, Heading):
                self._heading = part.words
            elif isinstance(part, Figure | Table):
                place = f"{'Figure' if isinstance(part, Figure) else 'Table'} {part.number}"
        if block.kind == Block.Kind.CHECKLIST:
            self._said |= answers_of(block.text)
        for number in items_of(block):
            said = ", ".join(filter(None, (self._heading or NO_HEADING, place)))
            places = self._found.setdefault(number, [])
            if said not in places:
                places.append(said)

    def checklist(self, block: Block | None = None) -> Checklist:
        """Give the checklist; what the author says of an item stands before what its blocks tell."""
        rows = tuple(
            ChecklistRow(item.number, item.section, item.topic, self._place(item.number))
            for item in (*ITEMS, *FOR_ABSTRACTS)
        )
        return Checklist((block.title if block else "") or TITLE, rows, SOURCE)

    def _place(self, number: str) -> str:
        said = [self._said[number]] if number in self._said else []
        return "; ".join([*said, *self._found.get(number, ())])
