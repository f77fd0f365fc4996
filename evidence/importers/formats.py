"""The formats that evidence comes in: one list, from which the command, the pages and the documentation are made."""

from evidence.importers import metapsy, prisma, robvis
from evidence.importers.asking import Format

_IN_ORDER: tuple[Format, ...] = (*metapsy.FORMATS, *robvis.FORMATS, *prisma.FORMATS)

FORMATS: dict[str, Format] = {one.code: one for one in _IN_ORDER}
