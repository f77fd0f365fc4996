"""From what a file of RevMan holds to the rows of a review folder."""

from dataclasses import dataclass, field

from evidence.importers.building import Building
from evidence.importers.catalogue import Catalogue
from evidence.importers.revman.answers import Answers
from evidence.importers.revman.content import Content
from evidence.importers.standing import Standing


@dataclass(slots=True)
class Filling:
    """A review folder that is being filled. `codes` are the codes of the studies by their identifiers in the file."""

    building: Building
    standing: Standing
    catalogue: Catalogue
    content: Content
    answers: Answers
    codes: dict[str, str] = field(default_factory=dict)
