"""`serve` starts the dashboard anywhere, with our settings, and says what prevents it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from core.commands.serve import free_port
from core.errors import SettingsError, StoreError
from core.processes import module_command, module_variables
from pages.server.options import server_options

ROOT = Path(__file__).parents[2]
SOMEBODY_ELSES = '[server]\naddress = "0.0.0.0"\nport = 1\n[theme]\nprimaryColor = "#ff0000"\n'
START_SECONDS = 120  # of a busy machine


@contextmanager
def served(folder):
    """Serve from a folder that has settings of its own; yield (address, process)."""
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(SOMEBODY_ELSES)
    process = subprocess.Popen(
        module_command("core", "serve", "--port", "0", "--json"),
        cwd=folder,
        env=os.environ | module_variables() | {"PARETO_LAB_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())["address"], process
    finally:
        process.kill()
        process.communicate()


def get(url):
    """Return the body, once somebody answers."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.mark.slow
def test_the_dashboard_is_served_from_any_folder_until_it_is_interrupted(tmp_path):
    with served(tmp_path) as (address, process):
        assert get(f"{address}/_stcore/health") == "ok"
        assert "<title>" in get(f"{address}/pruning")
        sockets = psutil.Process(process.pid).net_connections()
        open_to = [each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN]
        assert open_to == ["127.0.0.1"], "the folder's own settings say everybody"
        process.send_signal(signal.SIGINT)
        printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 0
    assert printed == "", "the JSON line is the last one of standard output"
    assert "Traceback" not in complaints


def test_no_message_offers_to_be_sent_elsewhere_and_nothing_is_counted():
    options = server_options("::1", 8600)
    assert options["client.showErrorLinks"] is False
    assert options["client.showErrorDetails"] == "none"
    assert options["browser.gatherUsageStats"] is False


def test_options_are_the_settings_of_a_checkout_and_where_to_listen():
    in_checkout = ROOT / ".streamlit" / "config.toml"
    assert in_checkout.read_bytes() == (ROOT / "assets" / "streamlit.toml").read_bytes()
    options = server_options("::1", 8600)
    assert (options["server.address"], options["server.port"]) == ("::1", 8600)
    assert options["server.headless"] is True
    sidebar = tomllib.loads(in_checkout.read_text())["theme"]["dark"]["sidebar"]
    assert options["theme.dark.sidebar.backgroundColor"] == sidebar["backgroundColor"]
    assert not any(isinstance(value, dict) for value in options.values())


def test_streamlit_knows_every_option():
    from streamlit import config

    assert set(server_options("127.0.0.1", 1)) <= set(config.get_config_options())


def test_a_taken_port_is_refused_with_a_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StoreError, match=f"--port {port + 1}"):
            free_port("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"),
    [("nowhere.invalid", 8501), ("192.0.2.1", 8501), ("127.0.0.1", 65536), ("127.0.0.1", -1)],
)
def test_what_is_no_address_of_this_machine_is_wrong_use(host, port):
    with pytest.raises(SettingsError, match="--(host|port)"):
        free_port(host, port)


def test_any_free_port_is_found_for_zero():
    assert free_port("127.0.0.1", 0) > 0


@pytest.mark.slow
def test_the_program_is_called_as_it_was_started():
    command = [sys.executable, "-m", "core", "--help"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.startswith(
        "usage: python -m core "
    )
