"""The formats that evidence leaves in: one list, from which the command, the pages and the documentation are made."""

from evidence.exporters import extraction_tables, metapsy, prisma, references, review_folder, revman, robvis, studies
from evidence.exporters.asking import Export

_IN_ORDER: tuple[Export, ...] = (
    *studies.EXPORTS,
    *references.EXPORTS,
    *revman.EXPORTS,
    *review_folder.EXPORTS,
    *metapsy.EXPORTS,
    *robvis.EXPORTS,
    *prisma.EXPORTS,
    *extraction_tables.EXPORTS,
)

EXPORTS: dict[str, Export] = {one.code: one for one in _IN_ORDER}
