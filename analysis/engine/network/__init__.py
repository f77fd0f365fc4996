"""Network meta-analysis by graph theory: all pairs of treatments from direct and indirect evidence."""

from analysis.engine.network.arms import Comparisons, comparisons_from_events, comparisons_from_means
from analysis.engine.network.decomposition import Decomposition, DesignShare, QTest, decompose_designs
from analysis.engine.network.errors import (
    DisconnectedNetwork,
    IncompleteStudy,
    InconsistentEffects,
    InconsistentVariances,
    RepeatedComparison,
    SameTreatment,
    UnknownTreatment,
)
from analysis.engine.network.evidence import Evidence, StudyArms, parts_of, read_comparisons
from analysis.engine.network.fit import NETWORK_MODELS, Network, fit_evidence, fit_network
from analysis.engine.network.funnel import AdjustedFunnel, adjust_funnel
from analysis.engine.network.heat import NetHeat, net_heat
from analysis.engine.network.ranking import p_scores
from analysis.engine.network.splitting import Evaluation, Split, split_evidence
from analysis.engine.network.uncorrelated import NETWORK_TAU2_METHODS

__all__ = [
    "NETWORK_MODELS",
    "NETWORK_TAU2_METHODS",
    "AdjustedFunnel",
    "Comparisons",
    "Decomposition",
    "DesignShare",
    "DisconnectedNetwork",
    "Evaluation",
    "Evidence",
    "IncompleteStudy",
    "InconsistentEffects",
    "InconsistentVariances",
    "NetHeat",
    "Network",
    "QTest",
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
    "fit_network",
    "net_heat",
    "p_scores",
    "parts_of",
    "read_comparisons",
    "split_evidence",
]
