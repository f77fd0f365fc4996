"""What is sent to webhooks: signed so that a receiver can tell, to public hosts only, without following redirects."""

import hmac
import socket
import ssl
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, time
from typing import Any

import pytest

from analysis.webhooks import NotReached, WebhookRefused, find_addresses, is_public, is_signed, parse_url, post, sign
from tests.analysis.notices_world import receiving

HERE = {"allow_http": True, "allow_private": True}


@pytest.fixture
def names(monkeypatch):
    """Let names of hosts mean what the test says."""
    known: dict[str, list[str]] = {}

    really = socket.getaddrinfo

    def look_up(host, port, *args, **options):
        if host[0].isdecimal():
            return really(host, port, *args, **options)
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def test_signature_is_hmac_of_moment_and_body():
    expected = hmac.new(b"key", b'1700000000.{"a":1}', sha256).hexdigest()
    assert sign("key", b'{"a":1}', moment=1_700_000_000) == f"t=1700000000,v1={expected}"


@pytest.mark.parametrize(
    ("body", "secret", "now", "accepted"),
    [
        (b"{}", "key", 1000, True),
        (b"{}", "key", 1300, True),
        (b"{}", "key", 1301, False),
        (b"{}", "key", 699, False),
        (b"{ }", "key", 1000, False),
        (b"{}", "other", 1000, False),
    ],
)
def test_signature_holds_for_its_body_secret_and_time_only(body, secret, now, accepted):
    assert is_signed(sign("key", b"{}", moment=1000), body, secret, now=now) is accepted


def test_check_that_the_documentation_gives_to_receivers_holds():
    text = Path(__file__).parents[2].joinpath("docs", "alerts.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    check, now = names["is_from_quorum"], int(time())
    signed = sign("key", b"{}", moment=now)
    assert check(signed, b"{}", "key")
    assert not check(signed, b"{ }", "key")
    assert not check(signed, b"{}", "other")
    assert not check(sign("key", b"{}", moment=now - 400), b"{}", "key")
    assert not any(check(header, b"{}", "key") for header in ("", "t=1", f"t={now}", f"t={now},v1=é"))


@pytest.mark.parametrize("header", ["", "v1=00", "t=1000", "t=x,v1=00", "t=²,v1=00", "t=1001,v1=00", "é"])
def test_header_that_is_no_signature_is_refused(header):
    assert not is_signed(header, b"{}", "key", now=1000)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.org/", "must begin with https"),
        ("ftp://example.org/", "no address"),
        ("https:///path", "no address"),
        ("https://example.org:port/", "no address"),
        ("https://example.org:99999/", "no address"),
        ("https://[::1/", "no address"),
        ("https://example.org/a b", "no address"),
        ("https://example.org/\r\nX-Other: 1", "no address"),
        ("https://exämple.org/", "no address"),
        ("https://me:secret@example.org/", "must not hold a user name"),
        ("example.org", "no address"),
    ],
)
def test_address_that_nothing_is_sent_to_is_refused_with_a_sentence(url, sentence):
    with pytest.raises(WebhookRefused, match=sentence):
        parse_url(url)


def test_address_is_read_in_its_parts():
    assert parse_url("https://Example.org/a?b=1#c") == (True, "example.org", 443, "/a?b=1")
    assert parse_url("http://example.org:8080", allow_http=True) == (False, "example.org", 8080, "/")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("2001::1", False),
    ],
)
def test_only_public_addresses_count_as_public(address, expected):
    assert is_public(ip_address(address)) is expected


def test_host_with_one_private_address_among_public_ones_is_refused(names):
    names["mixed.example"] = ["93.184.216.34", "10.0.0.1"]
    with pytest.raises(WebhookRefused, match=r"10\.0\.0\.1, which is not public"):
        find_addresses(parse_url("https://mixed.example/"))


def test_unknown_host_is_told(names):
    with pytest.raises(NotReached, match=r"“gone\.example” is not found"):
        post("https://gone.example/", b"", {})


def test_connection_goes_to_the_address_that_was_checked(names, monkeypatch):
    names["rebound.example"] = ["93.184.216.34"]
    asked = []

    def connect(address, timeout):
        asked.append(address)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotReached, match="timed out"):
        post("https://rebound.example/x", b"", {})
    assert asked == [("93.184.216.34", 443)]


def test_next_address_is_tried_where_one_does_not_answer(names):
    with receiving() as server:
        names["two.example"] = ["127.0.0.9", "127.0.0.1"]  # nothing listens at the first
        url = f"http://two.example:{server.server_port}/"
        assert post(url, b"{}", {}, **HERE) == 200
    assert server.received[0][1]["Host"] == f"two.example:{server.server_port}"


def test_local_receiver_is_refused_unless_allowed():
    with receiving() as server:
        with pytest.raises(WebhookRefused, match="not public"):
            post(server.url, b"{}", {}, allow_http=True)
        with pytest.raises(WebhookRefused, match="https"):
            post(server.url, b"{}", {}, allow_private=True)
        assert server.received == []
        assert post(server.url, b"{}", {"X-A": "b"}, **HERE) == 200
        (path, headers, body) = server.received[0]
        assert (path, headers["X-A"], headers["Host"], body) == (
            "/hook?team=1",
            "b",
            f"127.0.0.1:{server.server_port}",
            b"{}",
        )


def test_redirect_is_not_followed():
    with receiving() as other, receiving(status=307, location=other.url) as server:
        assert post(server.url, b"{}", {}, **HERE) == 307
        assert other.received == []


def test_answer_that_drips_is_cut_off_in_time():
    started = monotonic()
    with receiving(drip=0.05) as server:
        with pytest.raises(NotReached, match="did not answer as it should"):
            post(server.url, b"{}", {}, **HERE, seconds=0.4)
        # The answer would take 10 s, and no single wait for a letter is as long as the limit of 0.4 s.
        assert monotonic() - started < 3


def test_host_that_does_not_speak_tls_is_told():
    with receiving() as server, pytest.raises(NotReached):
        post(server.url.replace("http:", "https:"), b"{}", {}, allow_private=True, seconds=2)


def test_tls_is_made_for_the_name_of_the_host_with_the_checks_that_python_makes(names, monkeypatch):
    asked = []

    def wrap(context, sock, **options):
        asked.append((options["server_hostname"], context.verify_mode, context.check_hostname))
        raise ssl.SSLCertVerificationError("self-signed certificate")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    with receiving() as server:
        names["host.example"] = ["127.0.0.1"]
        with pytest.raises(NotReached, match="self-signed certificate"):
            post(f"https://host.example:{server.server_port}/", b"{}", {}, allow_private=True)
        assert server.received == []
    assert asked == [("host.example", ssl.CERT_REQUIRED, True)]
