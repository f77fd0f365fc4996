"""The admin site of the project."""

from django.contrib.admin.apps import AdminConfig


class QuorumAdminConfig(AdminConfig):
    """Django's admin with Quorum's name and style."""

    default_site = "config.site.QuorumAdminSite"
