"""What the site is made of: the packages that run it, as a bill of materials (CycloneDX 1.6)."""

from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SPECIFICATION = "1.6"
LONGEST_LICENCE = 100


class NotInstalled(LookupError):
    """A package that the requirements name is not installed here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed here; install requirements.txt first.")


def read_requirements(path: Path) -> list[Requirement]:
    """Give what a file of requirements asks for."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def bill_of(requirements: list[Requirement], *, name: str, version: str) -> dict[str, Any]:
    """Give the bill of materials of a program: every package that it needs, directly or not, as installed here.

    Equal installations give equal bills: there is no date and no random number in it.

    Raises
    ------
    NotInstalled : a package is missing
    """
    found: dict[str, tuple[Distribution, list[str]]] = {}
    waiting = list(requirements)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asked = waiting.pop()
        key = canonicalize_name(asked.name)
        if (key, frozenset(asked.extras)) in seen:
            continue
        seen.add((key, frozenset(asked.extras)))
        package = _installed(asked.name)
        needs = list(needs_of(package, asked.extras))
        earlier = found.get(key, (package, []))[1]
        found[key] = (package, sorted({*earlier, *(canonicalize_name(one.name) for one in needs)}))
        waiting += needs
    root = f"{name}@{version}"
    direct = sorted({canonicalize_name(one.name) for one in requirements})
    graph = [{"ref": root, "dependsOn": [purl(found[one][0]) for one in direct]}]
    graph += [
        {"ref": purl(one), "dependsOn": [purl(found[need][0]) for need in needs]}
        for _, (one, needs) in sorted(found.items())
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": name, "version": version}},
        "components": [component_of(one) for _, (one, _) in sorted(found.items())],
        "dependencies": graph,
    }


def needs_of(package: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """Give what a package needs on this machine, with these extras of it."""
    for line in package.requires or ():
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield need


def component_of(package: Distribution) -> dict[str, Any]:
    """Give one package as a component, with its licence where it states one in short."""
    told = package.metadata.json
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl(package),
        "name": str(told["name"]),
        "version": package.version,
        "purl": purl(package),
    }
    expression, words = told.get("license_expression"), str(told.get("license") or "").strip()
    if expression:
        component["licenses"] = [{"expression": expression}]
    elif words and "\n" not in words and len(words) <= LONGEST_LICENCE:
        component["licenses"] = [{"license": {"name": words}}]
    return component


def purl(package: Distribution) -> str:
    """Give the address of a package as bills of materials write it."""
    return f"pkg:pypi/{canonicalize_name(package.metadata['Name'])}@{package.version}"


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise NotInstalled(name) from error
