"""The models of networks of rare events, by name: one more is a file that fits it, and a line here."""

from types import MappingProxyType
from typing import Protocol

from analysis.engine.network.event_network import EventNetwork
from analysis.engine.network.hypergeometric import fit_hypergeometric
from analysis.engine.network.mantel_haenszel import fit_mantel_haenszel
from analysis.engine.network.rare_events import RareEvents


class RareEventFit(Protocol):
    """A model of a common effect from the counts of the arms."""

    def __call__(self, data: RareEvents, *, level: float = 0.95) -> EventNetwork:
        """Give the network of all treatments; an EngineError where the counts do not allow it."""
        ...


RARE_EVENT_FITS: MappingProxyType[str, RareEventFit] = MappingProxyType(
    {"mantel_haenszel": fit_mantel_haenszel, "hypergeometric": fit_hypergeometric}
)
RARE_EVENT_MODELS = tuple(RARE_EVENT_FITS)
