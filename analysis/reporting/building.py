"""From a manuscript and its snapshots to a document: everything looked up, numbered and marked, once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from analysis import canonical
from analysis.models import Analysis, Block, Freeze, Manuscript, Refresh, Snapshot
from analysis.models.manuscript import in_order
from analysis.reading import Reading
from analysis.reporting import tables
from analysis.reporting.document import (
    Document,
    Figure,
    Heading,
    Listing,
    PageBreak,
    Part,
    References,
    Run,
    Runs,
    Table,
)
from analysis.reporting.markup import Markup
from analysis.reporting.pictures import picture_of
from analysis.reporting.prisma import Places
from analysis.reporting.references import Bibliography, Style, read_references
from analysis.reporting.tables.body import Body, widths_of
from analysis.services.manuscripts import BadBinding, Freshness, Numbers
from analysis.services.manuscripts.writing import codes_of
from analysis.services.staleness import analyses_in_plan

NOT_FROZEN = "No analysis has been run yet, so that no evidence is frozen."
NOT_RUN = "The analysis “{title}” has not been run yet."
MOVED = "The evidence that this table shows has changed since it was frozen on {day}."
MANY_STALE = "{count} of the {total} analyses of this table are stale or not run: {titles}."
MOST_TITLES = 4
NO_REFERENCES = "The studies have no report with a citation yet."
FROZEN = "Evidence as frozen on {day} (SHA-256 {digest})"
SOURCE = "{title}: snapshot {number} of {day} (SHA-256 {digest})"
Kind, Shown = Block.Kind, Block.Table


def build_document(manuscript: Manuscript, *, with_freshness: bool = True) -> Document:
    """Give the document of a manuscript.

    Parameters
    ----------
    with_freshness : whether to find out what is stale, which reads the evidence of the review as it is now
    """
    return Builder(manuscript, with_freshness=with_freshness).build()


class Builder:
    """Builds one document; figures and tables are numbered in the order of the text."""

    def __init__(self, manuscript: Manuscript, *, with_freshness: bool = True) -> None:
        self.manuscript = manuscript
        self.review = manuscript.review
        self.numbers = Numbers(self.review)
        self.freshness = Freshness(self.numbers) if with_freshness else None
        self.blocks: list[Block] = list(in_order(manuscript))
        last = Refresh.objects.filter(analysis__review=self.review).select_related("freeze").order_by("-pk").first()
        self.freeze: Freeze | None = None if last is None else last.freeze
        self.frozen: Mapping[str, Any] = canonical.from_text(self.freeze.content) if self.freeze else {}
        others = [line for block in self.blocks if block.kind == Kind.REFERENCES for line in block.text.splitlines()]
        style: Style = manuscript.reference_style  # type: ignore[assignment]  # one of the choices of the field
        self.bibliography = Bibliography(read_references(self.frozen) if self.frozen else [], style, others)
        self.markup = Markup(self._bind, self._cite)
        self.places = Places(manuscript)
        self.counts = {"figure": 0, "table": 0, "appendix": 0}
        # What each block became, by its key: a page that shows the blocks one by one says so.
        self.made: dict[int, list[Part]] = {}
        self.used: dict[int, Snapshot] = {}
        self.freezes: dict[int, Freeze] = {}

    def build(self) -> Document:
        """Give the document."""
        manuscript = self.manuscript
        abstract = self.markup.read(manuscript.abstract) if manuscript.abstract else ()
        parts = [self._part(block) for block in self.blocks]
        # What depends on all other parts stands where its block is, and is made last.
        late = {Kind.REFERENCES: self._references, Kind.CHECKLIST: self.places.checklist}
        whole: list[Part] = []
        for block, found in zip(self.blocks, parts, strict=True):
            whole += [late[Kind(block.kind)](block)] if block.kind in late else found
        return Document(
            title=manuscript.title,
            name=manuscript.slug,
            review=self.review.title,
            changed_at=manuscript.updated_at,
            changed_by=str(manuscript.updated_by),
            checklist=self.places.checklist(),
            authors=manuscript.authors.strip(),
            affiliations=tuple(line.strip() for line in manuscript.affiliations.splitlines() if line.strip()),
            abstract=abstract,
            parts=tuple(whole),
            sources=self._sources(),
        )

    def _part(self, block: Block) -> list[Part]:
        """Give what a block becomes."""
        makers: dict[str, Callable[[Block], list[Part]]] = {
            Kind.HEADING: self._heading,
            Kind.APPENDIX: self._appendix,
            Kind.TEXT: lambda row: list(self.markup.read(row.text)),
            Kind.FIGURE: self._figure,
            Kind.TABLE: self._table,
            Kind.PAGE_BREAK: lambda row: [PageBreak()],
        }
        found = makers[block.kind](block) if block.kind in makers else []
        self.places.note(block, found)
        self.made[block.pk] = found
        return found

    def _heading(self, block: Block) -> list[Part]:
        return [Heading(block.title, block.level)]

    def _appendix(self, block: Block) -> list[Part]:
        place = self.counts["appendix"]
        self.counts["appendix"] += 1
        return [PageBreak(), Heading(block.title, 1, label=f"Appendix {chr(ord('A') + place % 26)}")]

    def _figure(self, block: Block) -> list[Part]:
        """Give a figure of the snapshot that the block shows; one that cannot be drawn keeps its number."""
        self.counts["figure"] += 1
        analysis = block.analysis
        assert analysis is not None  # a constraint of the block
        reading = self._reading(block)
        caption = self.markup.inline(block.title or analysis.title)
        words: dict[str, Any] = {"number": self.counts["figure"], "caption": caption, "notes": self._notes(block)}
        if reading is None:
            return [Figure(missing=(NOT_RUN.format(title=analysis.title),), **words)]
        plugin, number = block.figure_place or ("", 0)
        picture = picture_of(reading, plugin, number)
        missing = picture.missing
        if missing and plugin == "pooling" and reading.dataset["not_pooled"]:
            missing = (*missing, *tables.studies(reading).missing)
        stale = self._says(reading.snapshot)
        return [Figure(svg=picture.svg, alt=picture.alt, missing=missing, stale=stale, **words)]

    def _reading(self, block: Block) -> Reading | None:
        """Give the snapshot that a block shows: the fixed one, or the newest."""
        if block.analysis_id is None:
            return None
        snapshot = block.snapshot or self.numbers.newest.get(block.analysis_id)
        if snapshot is None:
            return None
        self.used[snapshot.pk] = snapshot
        return self.numbers.reading(snapshot)

    def _table(self, block: Block) -> list[Part]:
        """Give a table with its number, caption and what is stale in it."""
        self.counts["table"] += 1
        body, stale = self._body(block)
        caption = self.markup.inline(block.title or block.get_kind_display())
        notes = (*((Run(note),) for note in body.notes), *self._notes(block))
        return [
            Table(
                number=self.counts["table"],
                caption=caption,
                head=body.head,
                rows=body.rows,
                notes=notes,
                marks=body.marks,
                widths=widths_of(body.head, body.rows, is_wide=body.is_wide) if body.rows else (),
                is_wide=body.is_wide,
                missing=body.missing,
                stale=stale,
            )
        ]

    def _body(self, block: Block) -> tuple[Body, str]:
        """Give the inside of a table, and what is stale in it."""
        shown, chosen = block.shows, [block.analysis] if block.analysis else None
        if shown in (Shown.CHARACTERISTICS, Shown.RISK_OF_BIAS):
            return self._of_studies(block)
        if shown in (Shown.STUDIES, Shown.NOT_POOLED) or (shown == Shown.SENSITIVITY and chosen):
            reading = self._reading(block)
            make = {Shown.STUDIES: tables.studies, Shown.NOT_POOLED: tables.not_pooled}.get(
                Shown(shown), tables.scenarios
            )
            return make(reading), "" if reading is None else self._says(reading.snapshot)
        if shown in (Shown.RESULTS, Shown.SENSITIVITY):
            kinds = tables.MAIN if shown == Shown.RESULTS else tables.SENSITIVITY
            about = [row for row in self.numbers.analyses.values() if row.kind in kinds]
            return tables.results(self.review, kinds), self._says_of(about)
        about = chosen or self._with_findings()
        make_findings = tables.summary_of_findings if shown == Shown.SUMMARY else tables.evidence_profile
        return make_findings(self.review, about), self._says_of(about)

    def _with_findings(self) -> list[Analysis]:
        """Give the main analyses in the plan that pool, or were never run."""
        rows = [row for row in analyses_in_plan(self.review) if row.kind == Analysis.Kind.MAIN]
        newest = self.numbers.newest
        return [
            row for row in rows if row.pk not in newest or "pooling" in self.numbers.reading(newest[row.pk]).results
        ]

    def _of_studies(self, block: Block) -> tuple[Body, str]:
        """Give a table of the frozen evidence; it is stale where the evidence as it is now gives another."""
        reading = self._reading(block)
        frozen, freeze = (reading.frozen, reading.snapshot.freeze) if reading else (self.frozen, self.freeze)
        if freeze is None:
            return Body(missing=(NOT_FROZEN,)), ""
        self.freezes[freeze.pk] = freeze
        body = self._read_studies(block, frozen)
        if self.freshness is None or self.freshness.evidence.digest == freeze.digest:
            return body, ""
        now = self._read_studies(block, self.freshness.evidence.content)
        return body, "" if now == body else MOVED.format(day=_day(freeze.taken_at))

    def _read_studies(self, block: Block, content: Mapping[str, Any]) -> Body:
        if block.shows == Shown.RISK_OF_BIAS:
            return tables.risk_of_bias(content)
        return tables.characteristics(content, block.columns)

    def _notes(self, block: Block) -> tuple[Runs, ...]:
        """Give the notes below a figure or a table."""
        found: list[Runs] = []
        for part in self.markup.read(block.text) if block.text else ():
            found += part.items if isinstance(part, Listing) else [part.runs]
        return tuple(found)

    def _references(self, block: Block) -> Part:
        items = self.bibliography.written()
        return References(block.title or "References", items, () if items else (NO_REFERENCES,))

    def _bind(self, asked: str) -> Run:
        """Give a bound number; one that is not there any more says so in its place."""
        try:
            bound = self.numbers.resolve(asked)
        except BadBinding as error:
            return Run(f"[{' '.join(asked.split())}: not known]", is_wrong=True, stale=str(error))
        self.used[bound.snapshot.pk] = bound.snapshot
        return Run(bound.text, bound=bound.asked, stale=self._says(bound.snapshot))

    def _cite(self, cited: str) -> Run:
        return self.bibliography.cite(codes_of(cited))

    def _says(self, snapshot: Snapshot) -> str:
        return "" if self.freshness is None else self.freshness.says(snapshot)

    def _says_of(self, about: list[Analysis]) -> str:
        """Give one sentence for a table over many analyses; note the snapshots that it shows."""
        stale = []
        for analysis in about:
            snapshot = self.numbers.newest.get(analysis.pk)
            if snapshot is not None:
                self.used[snapshot.pk] = snapshot
            if self.freshness is not None and (snapshot is None or self.freshness.says(snapshot)):
                stale.append(analysis.title)
        if not stale:
            return ""
        titles = "; ".join(stale[:MOST_TITLES]) + (" and others" if len(stale) > MOST_TITLES else "")
        return MANY_STALE.format(count=len(stale), total=len(about), titles=titles)

    def _sources(self) -> tuple[str, ...]:
        """Give the snapshots that the document shows, so that each number can be found again."""
        order = {pk: place for place, pk in enumerate(row.pk for row in self.numbers.analyses.values())}
        rows = sorted(self.used.values(), key=lambda row: (order[row.analysis_id], row.number))
        frozen = [FROZEN.format(day=_day(row.taken_at), digest=row.digest[:12]) for row in self.freezes.values()]
        shown = [
            SOURCE.format(title=row.analysis.title, number=row.number, day=_day(row.made_at), digest=row.digest[:12])
            for row in rows
        ]
        return (*frozen, *shown)


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"
