"""The addresses of the interface: version 1, its description, and a page for people."""

from typing import Any, ClassVar

from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import APIRootView, DefaultRouter

from analysis.api.analyses import Analyses, Runs, Snapshots
from analysis.api.effects import Effects
from analysis.api.jobs import Jobs
from analysis.api.papers import AnalysisClaims, Papers, PrintedClaims
from analysis.api.plugins import Plugins
from analysis.api.webhooks import Webhooks
from evidence.api.problems import no_such_address
from evidence.api.routes import RESOURCES
from evidence.api.views import Entrance


class MadeOnce(SchemaGenerator):
    """The description, made once by each process: it depends on the code alone."""

    made: ClassVar[dict[bool, Any]] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Give the description."""
        if public not in self.made:
            self.made[public] = super().get_schema(request, public)
        return self.made[public]


class Description(Entrance, SpectacularAPIView):
    """The description in OpenAPI 3.1."""

    generator_class = MadeOnce


class Documentation(Entrance, SpectacularSwaggerSplitView):
    """The description as a page for people."""

    url_name = "api-schema"
    asks_plainly = False


class Root(Entrance, APIRootView):
    """Quorum for programs: the resources that there are. The documentation is at docs/."""

    @extend_schema(exclude=True)
    def get(self, request: Any, *args: Any, **parts: Any) -> Any:
        """Give the addresses of all resources."""
        return super().get(request, *args, **parts)

    def get_view_name(self) -> str:
        """Give the title of its page."""
        return "Quorum API"


class Router(DefaultRouter):
    """The addresses of resources."""

    APIRootView = Root
    include_format_suffixes = False


router = Router()
for word, resource in RESOURCES.items():
    router.register(word, resource, basename=f"api-{word}")
router.register("analyses", Analyses, basename="api-analyses")
router.register("runs", Runs, basename="api-runs")
router.register("snapshots", Snapshots, basename="api-snapshots")
router.register("effects", Effects, basename="api-effects")
router.register("jobs", Jobs, basename="api-jobs")
router.register("papers", Papers, basename="api-papers")
router.register("claims", PrintedClaims, basename="api-claims")
router.register("analysis-claims", AnalysisClaims, basename="api-analysis-claims")
router.register("webhooks", Webhooks, basename="api-webhooks")
router.register("plugins", Plugins, basename="api-plugins")

urlpatterns = [
    path("v1/schema/", Description.as_view(), name="api-schema"),
    path("v1/docs/", Documentation.as_view(), name="api-docs"),
    path("v1/", include(router.urls)),
    re_path(r"^[\s\S]*$", csrf_exempt(no_such_address), name="api-nothing"),
]
