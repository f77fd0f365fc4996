"""The app that turns evidence into results."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    """Analyses, runs and snapshots of reviews."""

    name = "analysis"
    verbose_name = "Analysis"

    def ready(self) -> None:
        """Register the checks that stop the start where a plugin is wrong."""
        from analysis import registry  # noqa: F401  (the checks register themselves on import)
