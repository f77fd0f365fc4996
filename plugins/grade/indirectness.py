"""Indirectness: no number tells whether the evidence answers the question.

References
----------
GRADE guidelines 8, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.04.014.
"""

from plugins.grade.proposal import Domain

A_PERSON_COMPARES = (
    "No number tells how directly the studies answer the question: a person must compare their population, "
    "intervention, comparator and outcome with those of the question."
)


def judge_indirectness() -> Domain:
    """Propose nothing, and say what a person has to compare."""
    return Domain(name="indirectness", rate_down=0, reasons=(A_PERSON_COMPARES,), is_looked_at=False)
