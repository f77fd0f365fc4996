"""A snapshot as one file that rebuilds it: packed here, checked, rebuilt and stored anywhere."""

from analysis.bundling.archive import BadBundle
from analysis.bundling.packing import pack
from analysis.bundling.parts import Bundle, find_faults, find_foreign_texts
from analysis.bundling.reading import read_bundle
from analysis.bundling.rebuilding import Rebuilt, rebuild
from analysis.bundling.storing import NotStored, store

__all__ = [
    "BadBundle",
    "Bundle",
    "NotStored",
    "Rebuilt",
    "find_faults",
    "find_foreign_texts",
    "pack",
    "read_bundle",
    "rebuild",
    "store",
]
