"""A small review folder for the tests of the importer, and that it is a good one."""

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from evidence.importers import ImportResult, import_review, read_folder
from evidence.importers.tables import TABLES
from evidence.models import ArmResult, Judgement, Review

PROTOCOL: dict[str, Any] = {
    "format": "quorum-review",
    "format_version": 1,
    "review": {"title": "Sleep and tea", "slug": "tea", "status": "extracting"},
    "outcomes": [
        {
            "code": "sleep",
            "name": "Sleep",
            "direction": "higher",
            "windows": [{"code": "short", "name": "short-term", "target_week": 12, "from_week": 4, "to_week": 20}],
            "instruments": [
                {"code": "diary", "name": "Diary", "direction": "higher", "scale_min": 0, "scale_max": 24},
                {"code": "slept", "name": "Slept well", "kind": "dichotomous", "direction": "higher"},
            ],
        }
    ],
    "comparator_types": [{"code": "water", "name": "Water"}],
    "component_types": [{"code": "green", "name": "Green tea", "family": "tea"}],
    "characteristic_fields": [
        {"code": "age", "name": "Mean age", "kind": "number", "unit": "years", "minimum": 0, "maximum": 120},
        {"code": "blinded", "name": "Blinded", "kind": "flag"},
        {"code": "setting", "name": "Setting", "kind": "choice", "choices": ["home", "clinic"]},
    ],
    "search_rounds": [
        {
            "number": 1,
            "name": "First search",
            "searched_on": "2024-05-01",
            "databases": ["PubMed", "CENTRAL"],
            "counts": [{"box": "records_identified", "count": 120, "stage": "databases"}],
        }
    ],
}
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "review-format.md"
FILES = {
    "studies.csv": """\
code,label,year,design,companion_of,note
Ito_2003,Ito 2003,2003,rct,Ito_2001,later report
Ito_2001,Ito 2001,2001,rct,,
Müller_2010,Müller 2010,2010,cluster_rct,,"two lines,
one note"
""",
    "reports.csv": "study,citation,year,doi,is_primary\nIto_2001,Ito et al. 2001,2001,10.1000/ito,true\n",
    "arms.csv": """\
study,number,label,role,comparator_type,n_randomised,table
Ito_2001,1,tea,experimental,,40,Table 1
Ito_2001,2,water,comparator,water,41,Table 1
""",
    "components.csv": "study,arm,type,weeks,sessions_per_week,minutes\nIto_2001,1,green,8,7,10\n",
    "characteristics.csv": "study,field,value\nIto_2001,age,41.5\nIto_2001,blinded,yes\nMüller_2010,setting,home\n",
    "arm_results.csv": """\
study,arm,outcome,instrument,week,n,mean,sd,events,total,is_adjusted
Ito_2001,1,sleep,diary,12,38,7.4,1.1,,,
Ito_2001,2,sleep,diary,12,39,6.9,1.3,,,
Ito_2001,1,sleep,slept,12,,,,20,38,
""",
    "contrast_results.csv": """\
study,first_arm,second_arm,outcome,instrument,week,estimate,ci_lower,ci_upper,p_value,p_relation
Ito_2001,1,2,sleep,diary,12,0.5,-0.05,1.05,0.07,=
""",
    "adverse_events.csv": "study,arm,term,events\nIto_2001,1,nausea,2\nIto_2001,,headache,3\n",
    "judgements.csv": """\
study,tool,domain,judgement,justification
Ito_2001,rob2,randomisation,low,
Ito_2001,rob2,deviations,some_concerns,open label
Ito_2001,rob2,missing_data,low,
Ito_2001,rob2,measurement,low,
Ito_2001,rob2,selection,low,
Ito_2001,rob2,overall,high,several concerns together
""",
}


def write_example(folder: Path) -> Path:
    """Write the example into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "review.json").write_text(json.dumps(PROTOCOL, indent=1), encoding="utf-8")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file of the folder."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def sentences(result: ImportResult) -> list[str]:
    """Give what an import complains about."""
    return [problem.sentence for problem in result.errors]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_example(tmp_path / "tea")


def test_read_folder_gives_rows_with_file_and_line(folder: Path) -> None:
    content = read_folder(folder)

    assert content.problems == []
    assert [(row.file, row.line) for row in content.rows_of("studies")] == [("studies.csv", line) for line in (2, 3, 4)]
    assert content.rows_of("instruments")[1].values["kind"] == "dichotomous"
    lines = (folder / "review.json").read_text().splitlines()
    assert '"code": "slept"' in lines[content.rows_of("instruments")[1].line]


@pytest.mark.django_db
def test_example_imports_completely(folder: Path) -> None:
    owner = User.objects.create_user("ann")

    result = import_review(by=owner, folder=folder)

    assert sentences(result) == []
    assert {label: one.new for label, one in result.rows.items()} == {
        "review.json: review": 1,
        "review.json: outcomes": 1,
        "review.json: windows": 1,
        "review.json: instruments": 2,
        "review.json: comparator_types": 1,
        "review.json: component_types": 1,
        "review.json: characteristic_fields": 3,
        "review.json: search_rounds": 1,
        "review.json: counts": 1,
        "studies.csv": 3,
        "reports.csv": 1,
        "arms.csv": 2,
        "components.csv": 1,
        "characteristics.csv": 3,
        "arm_results.csv": 3,
        "contrast_results.csv": 1,
        "adverse_events.csv": 2,
        "judgements.csv": 6,
        "review.json: tools": 0,
        "assessments.csv": 0,
        "answers.csv": 0,
    }
    review = Review.objects.get(slug="tea")
    assert review.memberships.get().user == owner
    assert review.search_rounds.get().databases == "PubMed\nCENTRAL"
    assert review.studies.get(code="Müller_2010").note == "two lines,\none note"
    assert review.studies.get(code="Ito_2003").companion_of == review.studies.get(code="Ito_2001")
    assert ArmResult.objects.get(instrument__code="slept").events == 20
    overall = Judgement.objects.get(domain="overall")
    assert (overall.judgement, overall.proposed) == ("high", "some_concerns")


def test_document_names_every_file_column_and_word() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    words = {word.rstrip(".") for word in re.findall(r"[\w.<>=]+", text)}

    for table in TABLES.values():
        assert table.file in words
        implied = {one.column for one in table.references if table.is_in_json}
        for column, field in table.fields.items():
            if column in implied:
                continue
            assert column in words, (table.name, column)
            assert {code for code, _ in field.flatchoices if column != "tool"} <= words, (table.name, column)


@pytest.mark.django_db
def test_example_of_the_document_imports(tmp_path: Path) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").split("## Example")[1]
    parts = re.split(r"^(\w+\.csv)$", "review.json\n" + example, flags=re.MULTILINE)
    (tmp_path / "review.json").write_text(dedent(parts[0].removeprefix("review.json\n")).strip())
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        (tmp_path / name).write_text(dedent(text).strip())

    result = import_review(by=User.objects.create_user("ann"), folder=tmp_path)

    assert sentences(result) == []
    assert ArmResult.objects.count() == 2
