"""Records of invented trials as ClinicalTrials.gov gives them (version 2 of its JSON)."""

import copy
import json
from typing import Any

Part = dict[str, Any]
GROUPS = (("Drug A", "000"), ("Placebo", "001"))


def groups(begin: str) -> list[Part]:
    """Give the groups of a module."""
    return [
        {"id": f"{begin}{number}", "title": title, "description": f"{title} once daily"} for title, number in GROUPS
    ]


def counts(first: int, second: int, begin: str = "OG") -> list[Part]:
    """Give denominators by group."""
    values = zip((f"{begin}000", f"{begin}001"), (first, second), strict=True)
    return [{"units": "Participants", "counts": [{"groupId": name, "value": str(value)} for name, value in values]}]


def measurements(*values: Part) -> list[Part]:
    """Give the values of the groups."""
    return [{"groupId": f"OG00{place}", **value} for place, value in enumerate(values)]


def measure(title: str, kind: str, rows: list[tuple[str, str, list[Part]]], **more: Any) -> Part:
    """Give an outcome measure with a class for each row: its title, the category's title and the values."""
    return {
        "type": "PRIMARY",
        "title": title,
        "reportingStatus": "POSTED",
        "paramType": kind,
        "timeFrame": "12 weeks",
        "groups": groups("OG"),
        "denoms": counts(58, 57),
        "classes": [
            {"title": name, "categories": [{"title": category, "measurements": values}]}
            for name, category, values in rows
        ],
        **more,
    }


PAIN = measure(
    "Pain Intensity on a Numeric Rating Scale",
    "MEAN",
    [
        ("Baseline", "", measurements({"value": "6.1", "spread": "1.4"}, {"value": "6.0", "spread": "1.5"})),
        ("Month 3", "", measurements({"value": "3.9", "spread": "2.1"}, {"value": "NA", "comment": "not measured"})),
    ],
    dispersionType="Standard Deviation",
    unitOfMeasure="units on a scale",
    timeFrame="Baseline, Month 3",
)
CHANGE = measure(
    "Change From Baseline in Disability at Week 12",
    "LEAST_SQUARES_MEAN",
    [
        (
            *("", ""),
            measurements(
                {"value": "-4.2", "lowerLimit": "-5.1", "upperLimit": "-3.3"},
                {"value": "-2.0", "lowerLimit": "-2.9", "upperLimit": "-1.1"},
            ),
        )
    ],
    dispersionType="95% Confidence Interval",
    unitOfMeasure="points",
    timeFrame="Baseline to week 12",
    analyses=[
        {
            "groupIds": ["OG000", "OG001"],
            "paramType": "LS Mean Difference",
            "paramValue": "-2.2",
            "ciPctValue": "95",
            "ciNumSides": "TWO_SIDED",
            "ciLowerLimit": "-3.5",
            "ciUpperLimit": "-0.9",
            "pValue": "<0.001",
            "statisticalMethod": "ANCOVA",
            "dispersionType": "STANDARD_ERROR_OF_MEAN",
            "dispersionValue": "0.66",
        },
        {"groupIds": ["OG000"], "paramType": "Mean", "paramValue": "1"},
    ],
)
RESPONDERS = measure(
    "Number of Responders",
    "COUNT_OF_PARTICIPANTS",
    [
        ("", "Yes", measurements({"value": "31"}, {"value": "17"})),
        ("", "No", measurements({"value": "27"}, {"value": "40"})),
    ],
    unitOfMeasure="Participants",
    timeFrame="Up to 12 weeks",
    analyses=[
        {
            "groupIds": ["OG000", "OG001"],
            "paramType": "Odds Ratio (OR)",
            "paramValue": "2.70",
            "ciPctValue": "95",
            "ciLowerLimit": "1.26",
            "ciUpperLimit": "5.80",
            "pValue": "0.011",
        }
    ],
)
SLEEP = measure(
    "Hours of Sleep",
    "MEDIAN",
    [
        (
            "",
            "",
            measurements({"value": "7.5", "lowerLimit": "6.5", "upperLimit": "8"}, {"value": "7", "lowerLimit": "6"}),
        )
    ],
    dispersionType="Inter-Quartile Range",
    unitOfMeasure="hours",
    timeFrame="Day 84",
    typeUnitsAnalyzed="Nights",
)
RELATIVE = measure(
    "Percent Change in Pain Intensity", "MEAN", [("", "", measurements({"value": "-30"}, {"value": "-9"}))]
)


def baseline() -> Part:
    """Give the measures at baseline, with those of all participants."""
    everybody = [*groups("BG"), {"id": "BG002", "title": "Total"}]
    total = [{"groupId": "BG002", "value": "45.3", "spread": "11"}]
    women = [{"groupId": "BG002", "value": "75"}]
    men = [{"groupId": "BG002", "value": "45"}]
    age = {"title": "Age, Continuous", "paramType": "MEAN", "unitOfMeasure": "years"}
    sex = {"title": "Sex: Female, Male", "paramType": "COUNT_OF_PARTICIPANTS", "unitOfMeasure": "Participants"}
    categories = [{"title": "Female", "measurements": women}, {"title": "Male", "measurements": men}]
    return {
        "groups": everybody,
        "denoms": [{"units": "Participants", "counts": [{"groupId": "BG002", "value": "120"}]}],
        "measures": [
            {**age, "classes": [{"categories": [{"measurements": total}]}]},
            {**sex, "classes": [{"categories": categories}]},
            {"title": "Region of Enrollment", "paramType": "NUMBER", "classes": []},
        ],
    }


def harms() -> Part:
    """Give the adverse events."""
    stats = [{"groupId": f"EG00{place}", "numEvents": 3, "numAffected": 2, "numAtRisk": 60} for place in (0, 1)]
    totals = {"deathsNumAffected": 0, "deathsNumAtRisk": 60, "seriousNumAffected": 2, "seriousNumAtRisk": 60}
    return {
        "frequencyThreshold": "5",
        "timeFrame": "12 weeks",
        "eventGroups": [{**group, **totals, "otherNumAffected": 9, "otherNumAtRisk": 60} for group in groups("EG")],
        "seriousEvents": [{"term": "Fall", "organSystem": "Injury", "stats": stats}],
        "otherEvents": [{"term": "Fall", "organSystem": "Injury", "stats": stats[:1]}],
    }


def record() -> Part:
    """Give a whole record."""
    started = [{"groupId": f"FG00{place}", "numSubjects": "60"} for place in (0, 1)]
    return copy.deepcopy(
        {
            "protocolSection": {
                "identificationModule": {
                    "nctId": "NCT01234567",
                    "briefTitle": "Drug A for Back Pain",
                    "officialTitle": "A Trial of Drug A in Adults With Back Pain",
                    "acronym": "ABACK",
                },
                "designModule": {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"}},
                "armsInterventionsModule": {
                    "armGroups": [
                        {"label": "Drug A", "type": "EXPERIMENTAL"},
                        {"label": "Placebo", "type": "PLACEBO_COMPARATOR"},
                    ]
                },
                "referencesModule": {
                    "references": [
                        {"pmid": "12345678", "type": "RESULT", "citation": "Roe J. Drug A. J Pain. 2020;1:2-3."},
                        {"pmid": "99", "type": "BACKGROUND", "citation": "Other."},
                    ]
                },
            },
            "resultsSection": {
                "participantFlowModule": {
                    "groups": groups("FG"),
                    "periods": [{"title": "Overall", "milestones": [{"type": "STARTED", "achievements": started}]}],
                },
                "baselineCharacteristicsModule": baseline(),
                "outcomeMeasuresModule": {"outcomeMeasures": [PAIN, CHANGE, RESPONDERS, SLEEP, RELATIVE]},
                "adverseEventsModule": harms(),
            },
            "hasResults": True,
        }
    )


def as_text(content: Any) -> str:
    """Give JSON as the register writes it."""
    return json.dumps(content, indent=2, ensure_ascii=False)
