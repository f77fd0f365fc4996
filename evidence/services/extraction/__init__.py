"""Independent extraction by two people: their readings side by side, decisions, and the consensus built of them."""

from evidence.services.extraction.building import Rebuilding, adopt_reading, build_consensus, rebuilding
from evidence.services.extraction.comparing import SideBySide, compare_readings, may_adjudicate
from evidence.services.extraction.deciding import Choice, Seen, match_arms, take, take_all_equal, take_many
from evidence.services.extraction.doubting import doubts_about
from evidence.services.extraction.reading import Vocabulary, first_reading, read_extraction, vocabulary_of
from evidence.services.extraction.states import Place, ReaderState, State, StudyState, places_of, state_of, states_of

__all__ = [
    "Choice",
    "Place",
    "ReaderState",
    "Rebuilding",
    "Seen",
    "SideBySide",
    "State",
    "StudyState",
    "Vocabulary",
    "adopt_reading",
    "build_consensus",
    "compare_readings",
    "doubts_about",
    "first_reading",
    "match_arms",
    "may_adjudicate",
    "places_of",
    "read_extraction",
    "rebuilding",
    "state_of",
    "states_of",
    "take",
    "take_all_equal",
    "take_many",
    "vocabulary_of",
]
