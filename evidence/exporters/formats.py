"""The formats that evidence leaves in: one list, from which the command, the pages and the documentation are made."""

from evidence.exporters import references, review_folder, revman, studies
from evidence.exporters.asking import Export

_IN_ORDER: tuple[Export, ...] = (
    *studies.EXPORTS,
    *references.EXPORTS,
    *revman.EXPORTS,
    *review_folder.EXPORTS,
)

EXPORTS: dict[str, Export] = {one.code: one for one in _IN_ORDER}
