"""What every request passes: its verb, where it comes from, whether its session goes on, and the second step."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from access.addresses import client_address
from access.sessions import note_work
from access.standing import Need, need_of
from evidence.services.noting import coming_from, note_export

Answer = Callable[[HttpRequest], HttpResponse]
PERMISSIONS = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
    *("geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment"),
    *("picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"),
    "xr-spatial-tracking",
)
POLICY = ", ".join(f"{name}=()" for name in PERMISSIONS)
# What pages are asked by, and below which address programs ask by more.
VERBS, PROGRAMS = ("GET", "HEAD", "OPTIONS", "POST"), "/api/"
REFUSED = "Sign in with the second step first: {where}"


class PermissionsPolicyMiddleware:
    """Asks browsers to give no page of the site a camera, a place or anything else of the machine."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        response.headers.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        return response


class VerbsMiddleware:
    """Refuses the verbs that no page is asked by; some of Django's pages would show themselves to any."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.method in VERBS or request.path_info.startswith(PROGRAMS):
            return self.get_response(request)
        return HttpResponseNotAllowed(VERBS)


class AdmissionMiddleware:
    """Lets a signed-in person on only when nothing is missing, and keeps what they take out."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, or lead to what is missing."""
        with coming_from(client_address(request)):
            # Who brings no session is nobody, which pages that everybody may read need not look up.
            if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
                return self.get_response(request)
            if is_deed(request):
                note_work(request.session)
            need = need_of(request.user, request.session)
            if need is not Need.NOTHING and not is_on_the_way(request, need):
                return lead(request, need)
            response = self.get_response(request)
            if hands_out(response):
                note_export(by=request.user, what=request.path)
            return response


def is_deed(request: HttpRequest) -> bool:
    """Whether a person did something: not what an open page asks by itself from time to time."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def is_on_the_way(request: HttpRequest, need: Need) -> bool:
    """Whether a page is one by which what is missing can be done, or left."""
    allowed = ["admin:logout", "admin:jsi18n"]
    allowed += ["admin:code"] if need is Need.CODE else ["admin:second_step", "admin:password_change"]
    return request.path in [reverse(name) for name in allowed]


def lead(request: HttpRequest, need: Need) -> HttpResponse:
    """Lead to the page where what is missing is done; a program gets a refusal."""
    where = reverse("admin:code" if need is Need.CODE else "admin:second_step")
    if request.method in ("GET", "HEAD") and is_deed(request):
        return HttpResponseRedirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
    refusal = REFUSED.format(where=request.build_absolute_uri(where))
    return HttpResponseForbidden(refusal, content_type="text/plain; charset=utf-8")


def hands_out(response: HttpResponseBase) -> bool:
    """Whether an answer is a file to be kept."""
    return response.status_code == 200 and response.headers.get("Content-Disposition", "").startswith("attachment")
