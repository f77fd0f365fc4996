"""Databases of trials in the Metapsy data standard: comparisons of two arms, one a row."""

from evidence.importers.asking import Format, Question
from evidence.importers.metapsy.loading import load

FORMATS = (
    Format(
        code="metapsy",
        title="Metapsy data standard",
        help="A database of trials, one comparison of two arms a row, as the Metapsy project releases them.",
        endings=(".csv", ".tsv", ".txt", ".xlsx"),
        load=load,
        questions=(
            Question(
                "outcome", "Outcome", "What it measures, where no column says it; if empty, the review's only one."
            ),
            Question(
                *("direction", "Direction", "Which way its scales run, where nothing else is said; lower if empty."),
                kind="choice",
                choices=(("lower", "lower is better"), ("higher", "higher is better")),
            ),
            Question(
                "directions",
                "Single directions",
                "Of outcomes, instruments and events by name, such as: Quality of life=higher; relapse=lower.",
            ),
            Question(
                *(
                    "sign",
                    "Sign of effects",
                    "What a positive g means where a row has nothing else; as its rows show it.",
                ),
                kind="choice",
                choices=(("scale", "first minus second arm, as the scale runs"), ("benefit", "positive is better")),
            ),
            Question("post_week", "Week after treatment", "The week for results after treatment without one."),
            Question("rob2_numbers", "Numbers of RoB 2", "What they mean, such as: 0=low; 1=some_concerns; 2=high."),
        ),
    ),
)
