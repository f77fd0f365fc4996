"""References: citations taken apart and set in a style, cited in texts, or printed as they were recorded."""

import pytest

from analysis.reporting import build_document
from analysis.reporting.document import Paragraph, References, plain
from analysis.reporting.references import Bibliography, read_references, write_reference
from tests.reporting.world import CITATION, make_written

SEVEN = "Aa A, Bb B, Cc C, Dd D, Ee E, Ff F, Gg G. Is it so? J Orthop Sports Phys Ther. 2020;50(1):1-9."


def content(*citations: str) -> dict:
    """Give frozen evidence with one study for each citation."""
    reports = [[{"citation": text, "doi": "", "pmid": "", "url": ""}] for text in citations]
    labels = [f"{'ABCDEFG'[place]}tudy 2015" for place in range(len(reports))]
    rows = zip(labels, reports, strict=True)
    return {"studies": {label[:5]: {"label": label, "year": 2015, "reports": found} for label, found in rows}}


@pytest.mark.parametrize(
    ("citation", "style", "expected"),
    [
        (
            CITATION,
            "vancouver",
            "Aasa B, Berglund L. Low-load exercise: a trial. J Back Pain. 2015;45(2):77–85. doi:10.1000/back.2015",
        ),
        (
            CITATION,
            "apa",
            "Aasa, B., & Berglund, L. (2015). Low-load exercise: a trial. J Back Pain, 45(2), 77–85. "
            "https://doi.org/10.1000/back.2015",
        ),
        (
            SEVEN,
            "ama",
            "Aa A, Bb B, Cc C, et al. Is it so? J Orthop Sports Phys Ther. 2020;50(1):1–9.",
        ),
        (
            SEVEN,
            "vancouver",
            "Aa A, Bb B, Cc C, Dd D, Ee E, Ff F, et al. Is it so? J Orthop Sports Phys Ther. 2020;50(1):1–9.",
        ),
        ("Registry entry of 2015", "apa", "Registry entry of 2015."),
        ("Someone wrote (2015). It; was: so", "vancouver", "Someone wrote (2015). It; was: so."),
    ],
)
def test_reference_is_set_in_its_style(citation: str, style: str, expected: str) -> None:
    (row,) = read_references(content(citation))
    assert plain(write_reference(row, style)) == expected


def test_very_long_citation_is_read_in_no_time() -> None:
    (row,) = read_references(content("A. " * 50_000 + "2015;"))
    assert not row.is_known


def test_cited_studies_are_numbered_first_and_all_others_follow() -> None:
    rows = read_references(content("Aa A. One. J One. 2015;1:1.", "Bb B. Two. J Two. 2015;2:2.", "Third"))
    numbered = Bibliography(rows, "vancouver", ["Further"])
    assert numbered.cite(["Btudy"]).text == "[1]"
    assert numbered.cite(["Atudy", "Btudy"]).text == "[1,2]"
    assert [plain(runs)[:4] for _, runs in numbered.written()] == ["Bb B", "Aa A", "Thir", "Furt"]
    by_name = Bibliography(rows, "apa")
    assert by_name.cite(["Btudy", "Ctudy"]).text == "(Bb, 2015; Ctudy, 2015)"
    assert [label for label, _ in by_name.written()] == ["", "", ""]
    assert by_name.cite(["Nobody"]).is_wrong


@pytest.mark.django_db
def test_text_cites_a_study() -> None:
    written = make_written()
    study = written.world.review.studies.get(reports__isnull=False)
    written.text(f"So it is [@{study.code}].")
    written.add("references", text="A further one.")
    document = build_document(written.manuscript)
    assert plain(next(part.runs for part in document.parts if isinstance(part, Paragraph))) == "So it is [1]."
    listed = next(part for part in document.parts if isinstance(part, References))
    assert [plain(runs)[:6] for _, runs in listed.items] == ["Aasa B", "A furt"]
