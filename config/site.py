"""Quorum's admin site: Django's own, named."""

from django.contrib.admin import AdminSite


class QuorumAdminSite(AdminSite):
    """The site that review teams work in."""

    site_header = "Quorum"
    site_title = "Quorum"
    index_title = "Reviews and their evidence"
