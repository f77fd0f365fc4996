"""What a plugin sees: the dataset it reads, the parameters and the result it declares, and nothing else.

A plugin is a value: a frozen record with one pure function. See docs/plugins.md and `analysis.testing`.
"""

from analysis.contract.alternatives import AlternativeEffect, Alternatives, Choice, StudyAlternatives
from analysis.contract.conditions import Condition, UnknownField
from analysis.contract.dataset import Dataset, InstrumentFacts, OutcomeFacts
from analysis.contract.effects import Effect, NotPooled, Step
from analysis.contract.figures import (
    Figure,
    FlowFigure,
    ForestFigure,
    HeatFigure,
    JudgementFigure,
    Mark,
    ScatterFigure,
    forest_figure,
)
from analysis.contract.plots import DraperyFigure, NetworkFigure, Panel, PanelFigure, SpecificationFigure
from analysis.contract.plugin import CONTRACT_VERSION, Params, Plugin, Result
from analysis.contract.splitting import Answer, Part, Split, pack, unpack
from analysis.contract.studies import AdverseEvent, ArmRow, CharacteristicFacts, Comparison, FlowCount, StudyRow
from analysis.contract.values import (
    EXTRAS,
    MEASURE_NAMES,
    RATIO_MEASURES,
    Fact,
    Frozen,
    Measure,
    Need,
    Progress,
    Upstream,
)

__all__ = [
    "CONTRACT_VERSION",
    "EXTRAS",
    "MEASURE_NAMES",
    "RATIO_MEASURES",
    "AdverseEvent",
    "AlternativeEffect",
    "Alternatives",
    "Answer",
    "ArmRow",
    "CharacteristicFacts",
    "Choice",
    "Comparison",
    "Condition",
    "Dataset",
    "DraperyFigure",
    "Effect",
    "Fact",
    "Figure",
    "FlowCount",
    "FlowFigure",
    "ForestFigure",
    "Frozen",
    "HeatFigure",
    "InstrumentFacts",
    "JudgementFigure",
    "Mark",
    "Measure",
    "Need",
    "NetworkFigure",
    "NotPooled",
    "OutcomeFacts",
    "Panel",
    "PanelFigure",
    "Params",
    "Part",
    "Plugin",
    "Progress",
    "Result",
    "ScatterFigure",
    "SpecificationFigure",
    "Split",
    "Step",
    "StudyAlternatives",
    "StudyRow",
    "UnknownField",
    "Upstream",
    "forest_figure",
    "pack",
    "unpack",
]
