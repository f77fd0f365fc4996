"""Reading a bundle: every file has the digest that the list of contents states."""

from typing import Any, NamedTuple

from analysis import canonical
from analysis.bundling.archive import BadBundle, check_container, read_zip
from analysis.bundling.parts import CONTENTS, FORMAT, FREEZE, MANIFEST, RECORD, Bundle, DatasetPart, RunPart

NO_CONTENTS = "This is not a bundle: it has no readable “{name}” ({error})."
OTHER_FORMAT = "The bundle has the format {found}; this version of Quorum reads format {known}."
MISSING = "The part “{name}” is missing from the bundle."
ADDED = "The part “{name}” was put into the bundle: its list of contents does not name it."
CHANGED = "The part “{name}” was changed: it does not have the digest that “{contents}” states."
UNREADABLE = "The bundle cannot be read: {error}."


class Read(NamedTuple):
    """A bundle and the texts it was read from."""

    bundle: Bundle
    texts: dict[str, str]


def read_bundle(data: bytes) -> Read:
    """Give the bundle that a zip file holds.

    Raises
    ------
    BadBundle : it is no bundle, or a part was changed, is missing or was added
    """
    texts = read_zip(data)
    contents = _contents(texts)
    listed = contents["files"]
    for name in sorted(listed.keys() | texts.keys() - {CONTENTS}):
        if name not in texts:
            raise BadBundle(MISSING.format(name=name))
        if name not in listed:
            raise BadBundle(ADDED.format(name=name))
        if canonical.digest(texts[name]) != listed[name]:
            raise BadBundle(CHANGED.format(name=name, contents=CONTENTS))
    check_container(data, texts)
    try:
        return Read(_bundle(texts, contents), texts)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadBundle(UNREADABLE.format(error=error)) from error


def _contents(texts: dict[str, str]) -> dict[str, Any]:
    try:
        contents: dict[str, Any] = canonical.from_text(texts[CONTENTS])
        found, names = contents["format"], (contents["files"], contents["order"], contents["snapshot"])
    except (ValueError, LookupError, TypeError) as error:
        raise BadBundle(NO_CONTENTS.format(name=CONTENTS, error=error)) from error
    if found != FORMAT:
        raise BadBundle(OTHER_FORMAT.format(found=found, known=FORMAT))
    if not isinstance(names[0], dict):
        raise BadBundle(NO_CONTENTS.format(name=CONTENTS, error="no list of files"))
    return contents


def _bundle(texts: dict[str, str], contents: dict[str, Any]) -> Bundle:
    digests = sorted({name.split("/")[1] for name in texts if name.startswith("datasets/")})
    bundle = Bundle(
        snapshot=contents["snapshot"],
        manifest=texts[MANIFEST],
        chain=tuple(texts[name] for name in sorted(texts) if name.startswith("chain/")),
        freeze=texts[FREEZE],
        datasets={digest: _dataset(texts, digest) for digest in digests},
        runs=tuple(_run(texts, plugin) for plugin in contents["order"]),
        record=texts[RECORD],
    )
    for value in (bundle.review, bundle.analysis, bundle.number, bundle.stated["freeze"], bundle.stated["content"]):
        if value in (None, "", 0):
            raise ValueError("the manifest does not say what it is of")
    return bundle


def _dataset(texts: dict[str, str], digest: str) -> DatasetPart:
    folder = f"datasets/{digest}"
    return DatasetPart(digest, rules=texts[f"{folder}/rules.json"], content=texts[f"{folder}/content.json"])


def _run(texts: dict[str, str], plugin: str) -> RunPart:
    folder = f"runs/{plugin}"
    head = canonical.from_text(texts[f"{folder}/run.json"])
    names = ("params", "upstream", "result", "environment")
    return RunPart(
        **{name: str(head[name]) for name in ("key", "plugin", "version", "dataset")},
        **{name: texts[f"{folder}/{name}.json"] for name in names},
    )
