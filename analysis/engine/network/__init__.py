"""Network meta-analysis by graph theory: all pairs of treatments from direct and indirect evidence."""

from analysis.engine.network.arms import Comparisons, comparisons_from_events, comparisons_from_means
from analysis.engine.network.decomposition import Decomposition, DesignShare, QTest, decompose_designs
from analysis.engine.network.errors import (
    DisconnectedNetwork,
    IncompleteStudy,
    InconsistentEffects,
    InconsistentVariances,
    NothingLeft,
    RepeatedComparison,
    SameTreatment,
    UnknownTreatment,
)
from analysis.engine.network.event_network import RARE_EVENT_MEASURE, EventNetwork
from analysis.engine.network.evidence import Evidence, StudyArms, parts_of, read_comparisons
from analysis.engine.network.fit import NETWORK_MODELS, Network, fit_evidence, fit_network
from analysis.engine.network.funnel import AdjustedFunnel, adjust_funnel
from analysis.engine.network.heat import NetHeat, net_heat
from analysis.engine.network.hypergeometric import fit_hypergeometric, hypergeometric_network
from analysis.engine.network.mantel_haenszel import fit_mantel_haenszel, mantel_haenszel_network
from analysis.engine.network.ranking import p_scores
from analysis.engine.network.rare_events import (
    EventDesign,
    LeftOutArm,
    LeftOutDesign,
    LeftOutStudy,
    RareEvents,
    read_rare_events,
)
from analysis.engine.network.rare_models import RARE_EVENT_FITS, RARE_EVENT_MODELS
from analysis.engine.network.splitting import Evaluation, Split, split_evidence
from analysis.engine.network.uncorrelated import NETWORK_TAU2_METHODS

__all__ = [
    "NETWORK_MODELS",
    "NETWORK_TAU2_METHODS",
    "RARE_EVENT_FITS",
    "RARE_EVENT_MEASURE",
    "RARE_EVENT_MODELS",
    "AdjustedFunnel",
    "Comparisons",
    "Decomposition",
    "DesignShare",
    "DisconnectedNetwork",
    "Evaluation",
    "EventDesign",
    "EventNetwork",
    "Evidence",
    "IncompleteStudy",
    "InconsistentEffects",
    "InconsistentVariances",
    "LeftOutArm",
    "LeftOutDesign",
    "LeftOutStudy",
    "NetHeat",
    "Network",
    "NothingLeft",
    "QTest",
    "RareEvents",
    "RepeatedComparison",
    "SameTreatment",
    "Split",
    "StudyArms",
    "UnknownTreatment",
    "adjust_funnel",
    "comparisons_from_events",
    "comparisons_from_means",
    "decompose_designs",
    "fit_evidence",
    "fit_hypergeometric",
    "fit_mantel_haenszel",
    "fit_network",
    "hypergeometric_network",
    "mantel_haenszel_network",
    "net_heat",
    "p_scores",
    "parts_of",
    "read_comparisons",
    "read_rare_events",
    "split_evidence",
]
