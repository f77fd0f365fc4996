"""The addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from access.pages.joining import join_page

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("join/<str:token>/", join_page, name="join"),
    path("api/", include("analysis.api.urls")),
    path("", include("analysis.public.page")),
]

if settings.OIDC_ISSUER:
    urlpatterns += [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("", include("access.other_house")),
    ]
