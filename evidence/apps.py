"""The app that holds what was found and judged."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Studies, arms, results and judgements of reviews."""

    name = "evidence"
    verbose_name = "Evidence"
