"""The plugins that this site has, with the schemas of their parameters and results."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from analysis.registry import AnyPlugin, all_plugins
from evidence.api.views import Entrance


class PluginRow(serializers.Serializer):
    """A method that computes a result from a dataset."""

    name = serializers.CharField()
    version = serializers.CharField()
    contract_version = serializers.IntegerField()
    title = serializers.CharField()
    needs = serializers.ListField(child=serializers.CharField())
    after = serializers.ListField(child=serializers.CharField())
    after_if_present = serializers.ListField(child=serializers.CharField())
    params_schema = serializers.DictField(help_text="JSON Schema of its parameters.")
    result_schema = serializers.DictField(help_text="JSON Schema of its result.")


class PluginList(serializers.Serializer):
    """All plugins, on one page."""

    next = serializers.URLField(allow_null=True)
    results = PluginRow(many=True)


class Plugins(Entrance, ViewSet):
    """The plugins of the site."""

    describes_pages = True
    row_serializer = PluginRow
    lookup_value_regex = "[a-z][a-z0-9_]*"
    lookup_field = "name"
    http_method_names = ["get", "head", "options"]

    @extend_schema(operation_id="plugins_list", responses=PluginList)
    def list(self, request: Request) -> Response:
        """Give all plugins, in the order of the settings."""
        self.understand("fields")
        rows = [self.chosen(plugin_row(plugin)) for plugin in all_plugins().values()]
        return self.answer({"next": None, "results": rows})

    @extend_schema(responses=PluginRow)
    def retrieve(self, request: Request, name: str) -> Response:
        """Give one plugin."""
        self.understand("fields")
        plugin = all_plugins().get(name)
        if plugin is None:
            raise exceptions.NotFound("There is no such plugin.")
        return self.answer(self.chosen(plugin_row(plugin)))


def plugin_row(plugin: AnyPlugin) -> dict[str, Any]:
    """Give a plugin as plain data."""
    return {
        "name": plugin.name,
        "version": plugin.version,
        "contract_version": plugin.contract_version,
        "title": plugin.title,
        "needs": sorted(str(need) for need in plugin.needs),
        "after": list(plugin.after),
        "after_if_present": list(plugin.after_if_present),
        "params_schema": plugin.params.model_json_schema(),
        "result_schema": plugin.result.model_json_schema(),
    }
