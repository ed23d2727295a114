"""What protects from strangers' files is said where they are uploaded, and by the command line."""

import json
import subprocess
import sys

import pytest

from core.archives import protections
from pages.components.error_box import plain
from tests.pages.conftest import ROOT, all_text

pytestmark = pytest.mark.slow  # processes


def test_the_data_page_and_the_engines_status_say_what_protects(empty_home, open_page):
    said = protections.described()
    assert len(said) >= 4
    test = open_page("data")
    assert not test.exception
    text = all_text(test) + "\n".join(warning.value for warning in test.warning)
    assert [line for line in said if plain(line) not in text] == []
    assert text.count(plain(said[0])) == 1
    command = [sys.executable, "-m", "core", "engine", "status", "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert json.loads(ran.stdout.splitlines()[-1])["uploads"] == said


def test_less_than_usual_is_a_warning(empty_home, open_page, monkeypatch):
    lacking = (protections.Protection("It cannot start programs (seccomp).", False, True),)
    monkeypatch.setattr(protections, "protections", lambda: lacking)
    test = open_page("data")
    [warning] = [each.value for each in test.warning if "less confined" in each.value]
    assert plain("Not here: It cannot start programs") in warning
    assert "uploads are refused unless" in warning
