"""Checks that stop the start where the site would be open."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from access.standing import SUPERUSER
from evidence.models import Membership


@register(Tags.security)
def check_folders(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a folder of uploads that is served, or that holds the program."""
    uploads = Path(settings.UPLOAD_DIR).resolve()
    served = [Path(folder).resolve() for folder in (settings.STATIC_ROOT, *settings.STATICFILES_DIRS)]
    if any(uploads == folder or folder in uploads.parents for folder in served):
        hint = "Set UPLOAD_DIR to a folder that nothing serves."
        return [Error(f"Files that people send would be served: UPLOAD_DIR is {uploads}.", hint=hint, id="access.E001")]
    return []


@register(Tags.security)
def check_roles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a role that does not exist: a word with a mistake would ask nobody for the second step."""
    known = {SUPERUSER, *Membership.Role.values}
    unknown = sorted(set(settings.SECOND_STEP_FOR) - known)
    if unknown:
        hint = f"Choose among {', '.join(sorted(known))}."
        return [Error(f"SECOND_STEP_FOR names {', '.join(unknown)}.", hint=hint, id="access.E002")]
    return []


@register(Tags.security)
def check_other_house(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse half a configuration of the other house, and one whose answers could be read on the way."""
    if not settings.OIDC_ISSUER:
        return []
    found: list[CheckMessage] = []
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_CLIENT_SECRET:
        hint = "Set both, as the other house gave them, or leave OIDC_ISSUER out."
        found.append(Error("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.", hint=hint, id="access.E003"))
    if settings.PRODUCTION and not settings.OIDC_ISSUER.startswith("https://"):
        found.append(Error("OIDC_ISSUER must begin with https://.", id="access.E004"))
    return found
