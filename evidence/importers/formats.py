"""The formats that evidence comes in: one list, from which the command, the pages and the documentation are made."""

from evidence.importers import extraction_tables, folder_zip, metapsy, prisma, references, registry, revman, robvis
from evidence.importers.asking import Format

_IN_ORDER: tuple[Format, ...] = (
    *folder_zip.FORMATS,
    *references.FORMATS,
    *revman.FORMATS,
    *registry.FORMATS,
    *metapsy.FORMATS,
    *robvis.FORMATS,
    *prisma.FORMATS,
    *extraction_tables.FORMATS,
)

FORMATS: dict[str, Format] = {one.code: one for one in _IN_ORDER}
