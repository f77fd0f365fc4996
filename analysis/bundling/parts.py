"""What a bundle holds, and which digest vouches for which part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis import canonical
from analysis.bundling.papers import derived_texts
from analysis.models import run_key
from analysis.verification import Link, check_links

FORMAT = 1
CONTENTS = "bundle.json"
MANIFEST = "manifest.json"
FREEZE = "freeze.json"
RECORD = "record.json"

OTHER_SNAPSHOT = "“{name}” was changed: its digest is not that of the snapshot, {digest}."
OTHER_FREEZE = "“{name}” was changed: its digest is not the one in the manifest, {digest}."
OTHER_DATASET = "The dataset {digest} was changed: its rules and content do not have this digest."
OTHER_RULES = "“{name}” was changed: these are not the rules in the manifest."
OTHER_KEY = "The run {key} of “{plugin}” was changed: its key is not the digest of its inputs."
OTHER_RESULT = "“{name}” was changed: the result of “{plugin}” does not have the digest in the manifest, {digest}."
OTHER_RUNS = "The runs are not those in the manifest: {names}."
NO_DATASET = "The dataset {digest}, which the manifest or a run names, is missing."
NO_UPSTREAM = "The run of “{plugin}” reads a run that is missing, {key}."
CHAIN = "The chain of predecessors was changed: {sentence}"


@dataclass(frozen=True, slots=True)
class RunPart:
    """One run of a bundle; `dataset` is a digest, the texts are canonical."""

    key: str
    plugin: str
    version: str
    dataset: str
    params: str
    upstream: str
    result: str
    environment: str

    @property
    def upstream_keys(self) -> dict[str, str]:
        """Keys of the runs whose results it reads, by plugin."""
        keys: dict[str, str] = canonical.from_text(self.upstream)
        return keys


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """One dataset of a bundle, as canonical texts."""

    digest: str
    rules: str
    content: str


@dataclass(frozen=True)
class Bundle:
    """A snapshot with all that it was made of.

    `snapshot` is the digest of the manifest, `record` says who did what and when, and what review and analysis were
    called; `chain` are the manifests of the predecessors, the first one first; `runs` are in the order of computing.
    """

    snapshot: str
    manifest: str
    chain: tuple[str, ...]
    freeze: str
    datasets: dict[str, DatasetPart]
    runs: tuple[RunPart, ...]
    record: str

    @cached_property
    def stated(self) -> dict[str, Any]:
        """The manifest as data."""
        stated: dict[str, Any] = canonical.from_text(self.manifest)
        return stated

    @property
    def review(self) -> str:
        """Short name of the review."""
        return str(self.stated["content"]["review"])

    @property
    def analysis(self) -> str:
        """Short name of the analysis."""
        return str(self.stated["content"]["analysis"])

    @property
    def number(self) -> int:
        """Number of the snapshot."""
        return int(self.stated["number"])

    def run_of(self, plugin: str) -> RunPart | None:
        """Give the run of a plugin, None where the analysis has none."""
        return next((run for run in self.runs if run.plugin == plugin), None)


def texts_of(bundle: Bundle) -> dict[str, str]:
    """Give the files of a bundle by name, with the list of their digests."""
    texts = {MANIFEST: bundle.manifest, FREEZE: bundle.freeze, RECORD: bundle.record}
    texts |= {f"chain/{number:06}.json": text for number, text in enumerate(bundle.chain, start=1)}
    for digest, part in bundle.datasets.items():
        texts |= {f"datasets/{digest}/rules.json": part.rules, f"datasets/{digest}/content.json": part.content}
    for run in bundle.runs:
        head = {"key": run.key, "plugin": run.plugin, "version": run.version, "dataset": run.dataset}
        texts[f"runs/{run.plugin}/run.json"] = canonical.to_text(head)
        for name in ("params", "upstream", "result", "environment"):
            texts[f"runs/{run.plugin}/{name}.json"] = getattr(run, name)
    texts |= _derived(bundle)
    listed = {name: canonical.digest(text) for name, text in texts.items()}
    order = [run.plugin for run in bundle.runs]
    contents = {"format": FORMAT, "snapshot": bundle.snapshot, "order": order, "files": listed}
    return {**texts, CONTENTS: canonical.to_text(contents)}


def _derived(bundle: Bundle) -> dict[str, str]:
    return derived_texts(
        snapshot=bundle.snapshot,
        manifest=bundle.stated,
        dataset=canonical.from_text(bundle.datasets[bundle.stated["content"]["dataset"]].content),
        versions={run.plugin: run.version for run in bundle.runs},
        environments=[canonical.from_text(run.environment) for run in bundle.runs],
        results={run.plugin: canonical.from_text(run.result) for run in bundle.runs},
        params={run.plugin: canonical.from_text(run.params) for run in bundle.runs},
    )


def find_faults(bundle: Bundle) -> Iterator[str]:
    """Give a sentence for each part that is not what the digests of the snapshot vouch for."""
    if canonical.digest(bundle.manifest) != bundle.snapshot:
        yield OTHER_SNAPSHOT.format(name=MANIFEST, digest=bundle.snapshot[:12])
    yield from _chain(bundle)
    stated, content = bundle.stated, bundle.stated["content"]
    if canonical.digest(bundle.freeze) != stated["freeze"]:
        yield OTHER_FREEZE.format(name=FREEZE, digest=stated["freeze"][:12])
    yield from _datasets(bundle, content)
    runs = {run.plugin: run for run in bundle.runs}
    if runs.keys() != content["runs"].keys():
        yield OTHER_RUNS.format(names=", ".join(sorted(runs.keys() ^ content["runs"].keys())))
        return
    for plugin, run in runs.items():
        yield from _run(bundle, run, content["runs"][plugin])


def find_foreign_texts(bundle: Bundle, texts: dict[str, str]) -> list[str]:
    """Give the names of files for readers that are not as this version of Quorum writes them."""
    return sorted(name for name, text in _derived(bundle).items() if texts.get(name) != text)


def _chain(bundle: Bundle) -> Iterator[str]:
    manifests = [*bundle.chain, bundle.manifest]
    links = [Link(number, canonical.digest(text), text) for number, text in enumerate(manifests, start=1)]
    for sentence in check_links(links):
        yield CHAIN.format(sentence=sentence)


def _datasets(bundle: Bundle, content: dict[str, Any]) -> Iterator[str]:
    for digest in sorted({content["dataset"], *(run.dataset for run in bundle.runs)} - bundle.datasets.keys()):
        yield NO_DATASET.format(digest=digest[:12])
    for digest, part in bundle.datasets.items():
        parts = {"review": bundle.review, "rules": part.rules, "content": part.content}
        if canonical.digest_of(parts) != digest:
            yield OTHER_DATASET.format(digest=digest[:12])
        if canonical.from_text(part.rules) != content["rules"]:
            yield OTHER_RULES.format(name=f"datasets/{digest}/rules.json")


def _run(bundle: Bundle, run: RunPart, stated: dict[str, str]) -> Iterator[str]:
    parts = {"dataset": run.dataset, "plugin": run.plugin, "version": run.version}
    if not run_key(**parts, params=run.params, upstream=run.upstream_keys) == run.key == stated["key"]:
        yield OTHER_KEY.format(key=run.key[:12], plugin=run.plugin)
    if canonical.digest(run.result) != stated["result"]:
        name = f"runs/{run.plugin}/result.json"
        yield OTHER_RESULT.format(name=name, plugin=run.plugin, digest=stated["result"][:12])
    known = {other.key for other in bundle.runs}
    for key in run.upstream_keys.values():
        if key not in known:
            yield NO_UPSTREAM.format(plugin=run.plugin, key=key[:12])
