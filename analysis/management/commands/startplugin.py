"""`manage.py startplugin`: write a package with a plugin that works, to be changed into one's own."""

import keyword
import re
import secrets
import shutil
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis.registry import all_plugins

TEMPLATE = Path(__file__).parents[1] / "plugin_template"
SUFFIX = "-tpl"
LONGEST_NAME = 40

BAD_NAME = "“{name}” cannot be the name of a plugin: it is one lower-case word of letters, digits and underscores."
KEYWORD = "“{name}” cannot be the name of a plugin: it is a word of the language Python."
LONG_NAME = "“{name}” is too long for the name of a plugin: it has at most {longest} characters."
TAKEN = "The name “{name}” is taken: the setting PLUGINS lists a plugin of that name."
TAKEN_MODULE = "The name “{name}” is taken: there is a Python package “{module}” already."
NO_FOLDER = "There is no folder “{folder}” to write the package into."
EXISTS = "“{target}” exists already; nothing was written."
NOT_WRITTEN = "The package cannot be written to “{target}”: {error}. Nothing of it is left there."
WRITTEN = """The package is in {target}.
    python -m pytest {target}
tests it. Change src/{module}/__init__.py into your method; docs/plugins.md says how.
    pip install {target}
installs it; then add “{module}” to the setting PLUGINS."""


class Command(BaseCommand):
    """Write a package that pip installs and that passes the conformance suite as it is."""

    help = "Writes a package with a plugin that works and passes the conformance suite, to be changed into your own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name and the folder."""
        parser.add_argument("name", help="name of the plugin, such as median; the package is quorum_median")
        parser.add_argument("--folder", default=".", help="folder that the package is written into (default: this one)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the package and say what comes next."""
        name, folder = options["name"], Path(options["folder"])
        problem = problem_with(name)
        if problem:
            raise CommandError(problem)
        if not folder.is_dir():
            raise CommandError(NO_FOLDER.format(folder=folder))
        target = folder / module_name(name)
        if target.exists():
            raise CommandError(EXISTS.format(target=target))
        half = folder / f".{target.name}.{secrets.token_hex(4)}"
        try:
            write_package(name, half)
            half.rename(target)
        except OSError as error:
            shutil.rmtree(half, ignore_errors=True)
            raise CommandError(NOT_WRITTEN.format(target=target, error=error.strerror or error)) from error
        self.stdout.write(WRITTEN.format(target=target, module=module_name(name)))


def module_name(name: str) -> str:
    """Give the name of the package that holds a plugin."""
    return f"quorum_{name}"


def problem_with(name: str) -> str:
    """Say why a plugin cannot have this name, "" where it can."""
    module = module_name(name)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return BAD_NAME.format(name=name)
    if keyword.iskeyword(name):
        return KEYWORD.format(name=name)
    if len(name) > LONGEST_NAME:
        return LONG_NAME.format(name=name, longest=LONGEST_NAME)
    if name in all_plugins():
        return TAKEN.format(name=name)
    return TAKEN_MODULE.format(name=name, module=module) if find_spec(module) else ""


def write_package(name: str, target: Path) -> None:
    """Write the files of the template with the names of the plugin."""
    module = module_name(name)
    words = {
        "name": name,
        "module": module,
        "distribution": module.replace("_", "-"),
        "title": name.replace("_", " ").capitalize(),
    }
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        place = source.relative_to(TEMPLATE).as_posix().removesuffix(SUFFIX)
        place = place.replace("/module/", f"/{module}/").replace("test_plugin", f"test_{name}")
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
