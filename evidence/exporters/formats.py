"""The formats that evidence leaves in: one list, from which the command, the pages and the documentation are made."""

from evidence.exporters import extraction_tables
from evidence.exporters.asking import Export

_IN_ORDER: tuple[Export, ...] = (*extraction_tables.EXPORTS,)

EXPORTS: dict[str, Export] = {one.code: one for one in _IN_ORDER}
