"""The chain of snapshots: what was changed, left out, put in or rewritten is named."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analysis import canonical
from analysis.models import SignOff, Snapshot
from analysis.services import refresh, save_analysis, sign_off
from analysis.verification import Link, check_links
from tests.analysis.builders import SmallReview, make_small_review


def make_links(length: int) -> list[Link]:
    """Make a whole chain."""
    links: list[Link] = []
    for number in range(1, length + 1):
        text = canonical.to_text({"number": number, "previous": links[-1].digest if links else None, "content": number})
        links.append(Link(number, canonical.digest(text), text))
    return links


def rewritten(link: Link, **changes: object) -> Link:
    """Change a manifest and its digest with it."""
    text = canonical.to_text({**canonical.from_text(link.manifest), **changes})
    return Link(link.number, canonical.digest(text), text)


def test_a_whole_chain_has_no_findings():
    assert list(check_links(make_links(5))) == []
    assert list(check_links([])) == []


def test_a_changed_manifest_is_the_first_broken_link():
    links = make_links(4)
    links[1] = links[1]._replace(manifest=links[1].manifest.replace('"content":2', '"content":7'))
    assert list(check_links(links)) == [
        f"Snapshot 2 was changed: its manifest does not have the digest {links[1].digest[:12]}."
    ]


def test_a_manifest_changed_with_its_digest_breaks_the_next_link():
    links = make_links(4)
    old = links[1].digest
    links[1] = rewritten(links[1], content=7)
    assert list(check_links(links)) == [
        f"Snapshot 3 names {old[:12]} as its predecessor, but snapshot 2 is {links[1].digest[:12]}."
    ]


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        ({1}, "Snapshot 1 is missing: the chain goes on with snapshot 2."),
        ({3}, "Snapshot 3 is missing: the chain goes on with snapshot 4."),
        ({2, 3}, "Snapshots 2 to 3 are missing: the chain goes on with snapshot 4."),
    ],
)
def test_missing_numbers_are_named(gone, sentence):
    assert list(check_links([link for link in make_links(5) if link.number not in gone])) == [sentence]


def test_a_fork_is_named():
    links = make_links(3)
    links[2] = rewritten(links[2], previous=links[0].digest)
    assert list(check_links(links)) == [
        f"The chain forks: snapshots 2 and 3 both name {links[0].digest[:12]} as their predecessor."
    ]


def test_a_number_that_is_there_twice_is_named():
    first, second = make_links(2)
    found = list(check_links([first, second, rewritten(second, content="other")]))
    assert found[0] == "There are two snapshots with the number 2."
    assert found[1].startswith("The chain forks: snapshots 2 and 2")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"number": 7}, "says in its manifest that it is number 7"), ({"previous": "ab"}, "names a predecessor, ab")],
)
def test_a_first_link_that_is_not_first_is_named(changes, words):
    (link,) = make_links(1)
    (sentence,) = check_links([rewritten(link, **changes)])
    assert words in sentence


def test_a_manifest_that_cannot_be_read_is_named():
    (link,) = make_links(1)
    text = link.manifest[:-1]
    assert list(check_links([Link(1, canonical.digest(text), text)])) == [
        "Snapshot 1 was changed: its manifest cannot be read."
    ]


# In the database ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(db) -> SmallReview:
    """A review whose analysis has three snapshots."""
    small = make_small_review()
    analysis = small.analysis()
    for level in (0.95, 0.9, 0.8):
        save_analysis(by=small.owner, analysis=analysis, steps={"pooling": {"level": level}})
        assert refresh(by=small.owner, analysis=analysis).is_new
    return small


def verify(*words: str) -> str:
    """Run the command; give what it prints, with the error's sentence."""
    out = StringIO()
    try:
        call_command("verify", *words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def digests() -> list[str]:
    return list(Snapshot.objects.order_by("number").values_list("digest", flat=True))


def execute(sql: str, *values: object) -> None:
    """Change what is stored behind Django's back."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def rewrite_chain() -> None:
    """Rewrite the whole chain: other contents, with digests and predecessors that fit again."""
    previous = None
    for row in Snapshot.objects.order_by("number"):
        manifest = canonical.from_text(row.manifest) | {"previous": previous}
        manifest["content"]["analysis"] = "rewritten"
        text = canonical.to_text(manifest)
        previous = canonical.digest(text)
        execute("UPDATE analysis_snapshot SET manifest = %s, digest = %s WHERE id = %s", text, previous, row.pk)


def test_the_head_of_each_chain_is_printed(small):
    said = verify("--chain")
    assert f"{small.review.slug} short: 3 snapshots, head {digests()[-1]}" in said
    assert "1 chains are whole." in said


def test_a_known_head_is_found_in_the_chain(small):
    assert f"{digests()[1]} is snapshot 2 of {small.review.slug} short; 1 came after it" in verify(
        "--head", digests()[1]
    )


def test_a_chain_that_was_rewritten_as_a_whole_does_not_hold_the_known_head(small):
    known = digests()[1]
    rewrite_chain()
    assert "1 chains are whole" in verify("--chain")
    assert f"The head {known} is part of no chain: the chain was rewritten" in verify("--head", known)


def test_a_digest_that_was_only_written_down_is_no_head(small):
    execute("UPDATE analysis_snapshot SET digest = %s WHERE number = 2", "f" * 64)
    assert "is part of no chain" in verify("--head", "f" * 64)


def test_the_first_broken_link_is_named(small):
    execute(
        "UPDATE analysis_snapshot SET manifest = replace(manifest, '\"number\":2', '\"number\":4') WHERE number = 2"
    )
    said = verify("--chain")
    assert "3 snapshots, broken: Snapshot 2 was changed" in said
    assert "the chain of snapshots is not what it was." in said


def test_only_the_named_analysis_is_checked(small):
    other = small.analysis("long", window="long")
    refresh(by=small.owner, analysis=other)
    said = verify("--chain", small.review.slug, "long")
    assert "long: 1 snapshots" in said
    assert "short" not in said


def test_a_sign_off_of_a_changed_manifest_is_named(small):
    sign_off(by=small.owner, snapshot=Snapshot.objects.get(number=2), reason="Checked.")
    assert "1 chains are whole" in verify("--chain")
    execute(
        "UPDATE analysis_snapshot SET manifest = replace(manifest, '\"number\":2', '\"number\":4') WHERE number = 2"
    )
    assert "The sign-off of snapshot 2 of “short” stands on a manifest that was changed." in verify("--chain")


def test_a_snapshot_that_was_replaced_after_its_sign_off_is_named(small):
    row = sign_off(by=small.owner, snapshot=Snapshot.objects.get(number=3), reason="Checked.")
    execute("UPDATE analysis_signoff SET signed_at = %s WHERE id = %s", "2001-01-01 00:00:00+00", row.pk)
    assert SignOff.objects.count() == 1
    assert "Snapshot 3 of “short” was signed off before it was made" in verify("--chain")


def test_json_holds_heads_and_findings(small):
    said = verify("--chain", "--json")
    assert f'"head": "{digests()[-1]}"' in said
    assert '"findings": []' in said


def test_an_empty_database_has_no_chain(db):
    assert "No snapshot is stored." in verify("--chain")
