"""The child that parses: what it may do, what ends it, and what comes back."""

import os
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.archives import sandbox
from core.archives.confinement import ARCHITECTURES, filter_program
from core.archives.limits import CLIENT_LIMITS, LIMITS, MIB, WEIGHTS_LIMITS, too_large
from core.errors import SettingsError, UploadError

pytestmark = pytest.mark.slow  # processes

HERE = "tests.archives.test_sandbox"


def echo(source, text):
    return {"text": text, "content": source.read().decode()}, {"numbers": np.arange(5)}


def refuse(source):
    raise SettingsError("This is the sentence. Do that.")


def break_down(source):
    return {}["missing"]


def spin(source):
    while True:
        pass


def sleep(source):
    time.sleep(60)


def allocate(source):
    return {}, {"large": np.ones(200 * MIB, np.uint8)}


def write_much(source):
    source.spool.write(bytes(40 * MIB))


def unpack_much(source):
    raise too_large(source.limits)


def answer_much(source):
    return {"names": ["x" * 1000] * 20_000}, {}


def with_objects(source):
    return {}, {"objects": np.array([{}], dtype=object)}


def kill_itself(source):
    os.abort()


def attempt(action):
    try:
        action()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "it worked"


def misbehave(source, outside):
    """Return what happens to everything a parser has no business doing."""
    tries = {
        "network": lambda: socket.socket().connect(("127.0.0.1", 9)),
        "unix socket": lambda: socket.socket(socket.AF_UNIX),
        "new process": lambda: subprocess.run(["true"], check=False),
        "fork": os.fork,
        "write outside": lambda: Path(outside).write_text(""),
        "write in scratch by name": lambda: Path("fresh").write_text(""),
        "open for reading and writing": lambda: os.open(outside, os.O_RDWR),
        "delete": lambda: os.unlink(outside),
        "rename": lambda: os.rename(outside, "moved"),
        "folder": lambda: os.mkdir("folder"),
        "link": lambda: os.symlink(outside, "link"),
        "rights": lambda: os.chmod(outside, 0o777),
        "signal": lambda: os.kill(os.getppid(), 0),
        "raise limits": _raise_limits,
    }
    results = {name: attempt(action) for name, action in tries.items()}
    return results | {"read": attempt(lambda: Path(outside).read_text())}, {}


def _raise_limits():
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))


def run(function, tmp_path, limits=LIMITS, **arguments):
    return sandbox.run(
        f"{HERE}:{function.__name__}", b"hello", arguments, limits=limits, scratch=tmp_path
    )


def test_fields_and_arrays_come_back(tmp_path):
    answer = run(echo, tmp_path, text="ü")
    assert answer.fields == {"text": "ü", "content": "hello"}
    assert answer.arrays["numbers"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["bytes", "view", "path", "file"])
def test_content_may_be_bytes_a_path_or_an_open_file(kind, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"hello")
    with path.open("rb") as file:
        given = {"bytes": b"hello", "view": memoryview(b"hello"), "path": path, "file": file}
        answer = sandbox.run(f"{HERE}:echo", given[kind], {"text": ""}, scratch=tmp_path)
    assert answer.fields["content"] == "hello"


def test_a_refusal_keeps_its_kind_and_sentence(tmp_path):
    with pytest.raises(SettingsError, match=r"^This is the sentence. Do that.$"):
        run(refuse, tmp_path)


def test_a_defect_of_a_reader_is_a_sentence_too(tmp_path):
    with pytest.raises(UploadError, match=r"damaged or not what .* \(KeyError\). Export it again"):
        run(break_down, tmp_path)


@pytest.mark.parametrize(
    ("function", "changed", "sentence"),
    [
        (spin, {"cpu_seconds": 1}, "took longer than 1 seconds"),
        (sleep, {"wall_seconds": 1.0}, "took longer than 1 seconds"),
        (allocate, {"memory_bytes": 150 * MIB}, "takes more than the 150 MiB of memory"),
        (write_much, {"unpacked_bytes": 10 * MIB}, "could not be unpacked .File too large"),
        (answer_much, {}, "names far too many things"),
        (with_objects, {}, "damaged or not what"),
        (kill_itself, {}, "made its reader fail"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_limit_ends_the_child_with_a_sentence(function, changed, sentence, tmp_path):
    with pytest.raises(UploadError, match=sentence):
        run(function, tmp_path, replace(LIMITS, **changed))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("function", "changed"),
    [
        (echo, {"upload_bytes": 4}),
        (spin, {"cpu_seconds": 1}),
        (sleep, {"wall_seconds": 1.0}),
        (allocate, {"memory_bytes": 150 * MIB}),
        (unpack_much, {"unpacked_bytes": MIB}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("limits", [LIMITS, CLIENT_LIMITS, WEIGHTS_LIMITS])
def test_beyond_a_limit_the_remedy_is_that_of_the_kind_of_file(function, changed, limits, tmp_path):
    with pytest.raises(UploadError) as refusal:
        run(function, tmp_path, replace(limits, **changed))
    assert str(refusal.value).endswith(limits.remedy)
    assert ("image" in limits.remedy) == (limits is LIMITS)


def test_the_child_can_neither_reach_the_network_nor_write_nor_start_anything(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    answer = run(misbehave, tmp_path, outside=str(outside))
    results = answer.fields
    assert results.pop("read") == "it worked"
    assert "seccomp filter" in answer.protections
    assert results.pop("raise limits") == "not allowed to raise maximum limit"
    assert set(results.values()) == {"Operation not permitted"}, results
    assert outside.read_text() == "precious"


def test_the_filter_allows_nothing_by_default_on_both_architectures():
    for machine in ARCHITECTURES:
        program = filter_program(machine)
        assert len(program) % 8 == 0
        assert program[-8:] == bytes([6, 0, 0, 0, 1, 0, 5, 0]), "ends in: errno EPERM"


def test_the_child_sees_no_secrets_of_the_server(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    environment = sandbox._environment(Path("/scratch"))
    assert "SECRET_TOKEN" not in environment
    assert "HOME" not in environment
