"""The bill of materials: complete, the same each time, and valid."""

import io
import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.core.management import call_command
from packaging.requirements import Requirement

from access.management.inventory import NotInstalled, bill_of, read_requirements
from config.bootstrap import ROOT


def written() -> str:
    """Give what the command writes."""
    out = io.StringIO()
    call_command("sbom", stdout=out)
    return out.getvalue()


def test_bill_is_valid_and_the_same_each_time():
    text = written()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text == written()


def test_bill_names_every_requirement_in_its_version_and_what_these_need():
    bill = json.loads(written())
    versions = {one["name"].lower().replace("_", "-"): one["version"] for one in bill["components"]}
    for asked in read_requirements(ROOT / "requirements.txt"):
        name = asked.name.lower().replace("_", "-")
        assert f"=={versions[name]}" in str(asked.specifier), name
    # of a package, of an extra of a package, and of what that needs
    assert {"sqlparse", "psycopg-binary", "pyjwt", "cffi"} <= set(versions)
    refs = {one["bom-ref"] for one in bill["components"]}
    assert all(set(one["dependsOn"]) <= refs for one in bill["dependencies"])


def test_package_that_is_not_installed_is_named():
    with pytest.raises(NotInstalled, match="no-such-package-here is not installed"):
        bill_of([Requirement("no-such-package-here==1")], name="x", version="1")
