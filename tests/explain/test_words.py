"""The paragraph for clinicians: from where to where, because of what, and whether the conclusion is another one."""

from math import log

from analysis.explain import Conclusion, Contribution, Explanation, SnapshotFacts, changed_classes, explain
from analysis.explain.records import QUANTITIES, FieldChange, Movement, StudyChange
from analysis.explain.words import write_paragraph
from tests.explain.cases import evidence, side, trial

BEFORE = {"estimate": log(0.8), "ci_lower": log(0.7), "ci_upper": log(0.95), "level": 0.95, "is_ratio": True, "k": 4}
AFTER = {"estimate": log(0.9), "ci_lower": log(0.75), "ci_upper": log(1.1), "level": 0.95, "is_ratio": True, "k": 5}


def explanation(*contributions, before=BEFORE, after=AFTER, days=("2026-05-03", "2026-11-25"), **changes):
    """Give an explanation of a risk ratio."""
    old, new = Conclusion(significance="significant"), Conclusion(significance="not_significant")
    movements = []
    for name in QUANTITIES:
        first, second = before.get(name), after.get(name)
        change = None if first is None or second is None else second - first
        movements.append(Movement(quantity=name, before=first, after=second, change=change))
    values = {
        "before": SnapshotFacts(number=3, made_on=days[0]),
        "after": SnapshotFacts(number=4, made_on=days[1]),
        "measure": "RR",
        "is_ratio": True,
        "studies": (StudyChange(study="Ito_2020", label="Ito 2020", status="added"),),
        "movements": tuple(movements),
        "contributions": contributions,
        "conclusion_before": old,
        "conclusion_after": new,
        "changed_classes": changed_classes(old, new),
    }
    return write_paragraph(Explanation(**(values | changes)), before, after)


def share(label, estimate, kind="study"):
    return Contribution(key=label, kind=kind, label=label, estimate=estimate)


def test_paragraph_tells_the_movement_the_cause_and_the_class():
    assert explanation(share("Ito 2020", log(0.9 / 0.8))) == (
        "Between 3 May 2026 (snapshot 3) and 25 November 2026 (snapshot 4) the pooled risk ratio moved from 0.80 "
        "(95% CI 0.70 to 0.95) to 0.90 (95% CI 0.75 to 1.10). This is due to the addition of Ito 2020. The result "
        "rests on 5 effects instead of 4. The conclusion is in another class (statistical significance: significant "
        "before, not significant now)."
    )


def test_most_is_said_of_what_caused_at_least_half():
    text = explanation(share("Ito 2020", 0.1), share("Rules of the analysis", 0.0178, "rules"))
    assert "Most of this is due to the addition of Ito 2020 (times 1.11), and less to “Rules of the analysis”" in text
    text = explanation(share("Ito 2020", -0.2), share("Mori 2011", 0.15), share("Abe 2002", 0.1678))
    assert "The largest parts are those of the addition of Ito 2020 (times 0.819), changes in Abe 2002" in text


def test_removed_and_corrected_studies_are_called_so():
    gone = StudyChange(study="x", label="Ito 2020", status="removed")
    assert "due to the removal of Ito 2020" in explanation(share("Ito 2020", 0.1), studies=(gone,))
    rows = [FieldChange(action="changed", kind="arm_result", place="", field=name, after="2") for name in ("sd", "n")]
    one = StudyChange(study="x", label="Ito 2020", status="changed", fields=tuple(rows[:1]))
    two = StudyChange(study="x", label="Ito 2020", status="changed", fields=tuple(rows))
    assert "the changed SD (empty became 2) of Ito 2020" in explanation(share("Ito 2020", 0.1), studies=(one,))
    assert "the changed numbers of Ito 2020" in explanation(share("Ito 2020", 0.1), studies=(two,))


def test_same_digits_stay_and_the_class_is_the_same():
    near = {**BEFORE, "estimate": log(0.8001)}
    text = explanation(share("Ito 2020", log(0.8001 / 0.8)), after=near, changed_classes=())
    assert "the pooled risk ratio stayed at 0.80 (95% CI 0.70 to 0.95)." in text
    assert text.endswith("The conclusion is in the same class as before.")


def test_what_cannot_be_pooled_any_more_is_said_once():
    text = explain(side(evidence(0, 1, 2)), side(evidence(), 2)).paragraph
    assert "on 2 June 2026 (snapshot 2) nothing can be pooled." in text
    assert "No longer defined: direction of the effect, statistical significance" in text
    text = explain(side(evidence()), side(evidence(0, 1, 2), 2)).paragraph
    assert text.startswith("On 3 May 2026 (snapshot 1) nothing could be pooled;")
    assert "Not defined before: direction of the effect" in text
    noted = {**trial(0), "extraction": None}
    assert "there was nothing to pool" in explain(side(evidence()), side(evidence(S1=noted), 2)).paragraph


def test_snapshots_of_one_day_name_it_once():
    text = explanation(share("Ito 2020", 0.1), days=("2026-05-03", "2026-05-03"))
    assert text.startswith("Between snapshots 3 and 4 (both 3 May 2026) the pooled risk ratio moved")
