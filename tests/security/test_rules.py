"""By which name, from which page and with which token the dashboard may be used."""

import socket

import pytest

from core.commands.serve import is_loopback
from pages.server.rules import Rules, own_names

HERE = Rules(own_names("127.0.0.1"))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_is_what_only_this_machine_reaches(address):
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "10.0.0.5", "lab", "localhost.evil.test"])
def test_everything_else_is_not_loopback(address):
    assert not is_loopback(address)


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "LOCALHOST:1", "localhost.:8501"]
)
def test_a_server_on_loopback_goes_by_three_names(host):
    assert HERE.refusal({"host": host}, "GET") == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.test", "localhost.evil.test", "127.0.0.1.evil.test:8501", "", "[::1", "10.0.0.5",
        "evil.test@localhost", "localhost@evil.test", "0.0.0.0:8501", "localhost/x.evil.test",
        "\x1b[2Jevil", "localhost\x00.evil.test", "x" * 9000,
    ],
)  # fmt: skip
def test_a_foreign_name_is_refused_with_the_remedy(host):
    refusal = HERE.refusal({"host": host}, "GET")
    assert "does not go by the name" in refusal
    assert "--allow-host" in refusal
    assert len(refusal) < 250
    assert refusal.isprintable()


def test_more_names_are_allowed_by_setting():
    rules = Rules(own_names("127.0.0.1", ["lab.example.org", "*.lab.test"]))
    for host in ("lab.example.org", "a.lab.test:80", "localhost"):
        assert rules.refusal({"host": host}, "GET") == ""
    for host in ("example.org", "lab.test", "xlab.test", "evil.test"):
        assert rules.refusal({"host": host}, "GET")
    assert Rules(frozenset({"*"})).refusal({"host": "any.test"}, "GET") == ""


def test_off_loopback_a_server_goes_by_the_names_and_addresses_of_the_machine():
    names = own_names("0.0.0.0")
    assert {"localhost", "127.0.0.1", socket.gethostname().lower()} <= names
    assert "0.0.0.0" not in names
    assert "10.9.8.7" in own_names("10.9.8.7")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "http://localhost:8600", "http://localhost", "file://",
     "http://localhost:8501.evil.test", "http://evil.test#localhost:8501"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "WS"])
def test_a_page_from_elsewhere_is_refused(origin, method):
    headers = {"host": "localhost:8501", "origin": origin}
    assert "tried to use this dashboard" in HERE.refusal(headers, method)


def test_our_own_pages_and_those_allowed_by_setting_are_not():
    own = {"host": "localhost:8501", "origin": "http://localhost:8501"}
    behind_tls = {"host": "localhost:8501", "origin": "https://localhost:8501"}
    for headers in (own, behind_tls, {"host": "localhost:8501"}):
        assert HERE.refusal(headers, "WS") == ""
    portal = Rules(HERE.names, origins=frozenset({"https://portal.test"}))
    friend = {"host": "localhost", "origin": "https://portal.test", "sec-fetch-site": "cross-site"}
    assert portal.refusal(friend, "PUT") == ""
    assert portal.refusal(friend | {"origin": "https://portal.test.evil.test"}, "PUT")


def test_a_picture_of_ours_in_another_page_is_refused_but_a_link_to_us_is_followed():
    for site in ("cross-site", "same-site"):
        link = {"host": "localhost", "sec-fetch-site": site, "sec-fetch-mode": "navigate"}
        assert HERE.refusal(link, "GET") == ""
        assert HERE.refusal(link | {"sec-fetch-mode": "no-cors"}, "GET")
        assert HERE.refusal(link, "POST")
    typed = {"host": "localhost", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    assert HERE.refusal(typed, "GET") == ""


def test_only_the_token_or_the_cookie_made_from_it_opens():
    rules = Rules(HERE.names, token="secret")
    assert rules.has_token("page=1&token=secret")
    wrong = ("", "token=", "token=secre", "token=secret2", "token=x&token=secret", "Token=secret")
    for query in (*wrong, "token=s%C3%A9cret"):
        assert not rules.has_token(query)
    assert rules.is_known(rules.cookie)
    for cookie in ("", "secret", rules.cookie[:-1], "é"):
        assert not rules.is_known(cookie)
    assert "secret" not in rules.cookie


def test_without_a_token_everybody_is_known_and_no_query_counts_as_one():
    assert HERE.is_known("")
    assert not HERE.has_token("token=")
