"""The flow of records as the PRISMA 2020 template has it: one row a box."""

from evidence.importers.asking import Format, Question
from evidence.importers.prisma.loading import load

FORMATS = (
    Format(
        code="prisma",
        title="PRISMA 2020 flow (CSV template)",
        help="The numbers of the flow diagram, one row a box, in the columns data and n.",
        endings=(".csv", ".tsv", ".txt", ".xlsx"),
        load=load,
        questions=(Question("search_round", "Search round", "Its number; 1 where it is empty.", kind="search_round"),),
    ),
)
