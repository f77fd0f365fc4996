"""The app that turns evidence into results."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    """Analyses, runs and snapshots of reviews."""

    name = "analysis"
    verbose_name = "Analysis"

    def ready(self) -> None:
        """Register the checks that stop the start where a plugin is wrong, and the file of a whole review."""
        from analysis import registry  # noqa: F401  (the checks register themselves on import)
        from analysis.archiving.arriving import BUNDLE_FORMAT
        from analysis.archiving.leaving import BUNDLE_EXPORT
        from evidence.exporters.formats import EXPORTS
        from evidence.importers.formats import FORMATS

        EXPORTS[BUNDLE_EXPORT.code] = BUNDLE_EXPORT
        FORMATS[BUNDLE_FORMAT.code] = BUNDLE_FORMAT
