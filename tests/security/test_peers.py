"""Whose a connection is, as the kernel's tables say it."""

import os
import socket
import sys

import pytest

from pages.server import peers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")


@pytest.fixture(params=["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def ends(request):
    """Both ends of an open connection: (client, server, the client's socket)."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    listening = "::" if ":" in request.param else "127.0.0.1"
    with socket.socket(family) as server:
        server.bind((listening, 0))
        server.listen()
        client = socket.socket(family)
        client.connect((request.param, server.getsockname()[1]))
        accepted, address = server.accept()
        yield address[:2], accepted.getsockname()[:2], client
        client.close()
        accepted.close()


def test_a_connection_of_this_user_is_ours(ends):
    client, server, _ = ends
    assert peers.is_told()
    assert peers.is_ours(client, server)


def test_a_connection_whose_owner_has_closed_it_is_nobodys(ends):
    """The kernel then shows it as root's."""
    client, server, opened = ends
    opened.close()
    assert not peers.is_ours(client, server)


def test_addresses_that_a_header_made_up_are_nobodys(ends):
    client, server, _ = ends
    for made_up in (("8.8.8.8", 0), ("testclient", 5), (client[0], client[1] ^ 1), None):
        assert not peers.is_ours(made_up, server)
    assert not peers.is_ours(client, (server[0], server[1] ^ 1))


def test_another_users_connection_is_not_ours(ends, monkeypatch):
    client, server, _ = ends
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setattr(peers, "ROOT", 12346)
    assert not peers.is_ours(client, server)
