"""The child that parses: what it may do, what ends it, and what comes back."""

import importlib
import json
import os
import platform
import re
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.archives import sandbox
from core.archives.child_process import environment
from core.archives.confinement import READING
from core.archives.limits import CLIENT_LIMITS, LIMITS, MIB, WEIGHTS_LIMITS, too_large
from core.archives.seccomp import ARCHITECTURES, filter_program
from core.errors import SettingsError, UploadError

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]
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
    return results, {}


def look_around(source, paths):
    """Return what comes of reading each path, and of importing what has not been imported yet."""
    found = {path: attempt(lambda path=path: Path(path).read_bytes()) for path in paths}
    found |= {
        f"list {path}": attempt(lambda path=path: os.listdir(path)) for path in ("/", "/root")
    }
    return found | {"code": attempt(lambda: importlib.import_module("colorsys"))}, {}


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
    assert "seccomp filter" in answer.protections
    assert results.pop("raise limits") == "not allowed to raise maximum limit"
    assert set(results.values()) == {"Operation not permitted"}, results
    assert outside.read_text() == "precious"


def test_the_child_reads_nothing_but_code_and_its_scratch_folder(tmp_path):
    """Landlock: this kernel has it, as all since 5.13 that switch it on; others say so."""
    secret = tmp_path / "secret"
    secret.write_text("precious")
    beside = Path(sandbox.__file__).parents[2] / "pyproject.toml"
    answer = run(
        look_around, tmp_path, paths=[str(secret), "/etc/passwd", str(beside), "/proc/1/environ"]
    )
    found = answer.fields
    assert found.pop("code") == "it worked"
    assert READING in answer.protections, "a kernel without Landlock"
    assert set(found.values()) == {"Permission denied"}, found


UNDER_A_FILTER = """
import ctypes, json, struct, sys
from pathlib import Path
from core.archives import protections, sandbox
from core.archives.seccomp import ARCHITECTURES, EQUAL, LOAD, RETURN, RETURN_ALLOW
import platform

column = ARCHITECTURES[platform.machine()][0]
forbidden = json.loads(sys.argv[1])
code = [(LOAD, 0, 0, 0)]
for number, first_argument in forbidden:
    code += [(EQUAL, 0, 3, number), (LOAD, 0, 0, 16), (EQUAL, 0, 1, first_argument),
             (RETURN, 0, 0, 0x00050001), (LOAD, 0, 0, 0)]
code.append((RETURN, 0, 0, RETURN_ALLOW))
program = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
buffer = ctypes.create_string_buffer(program, len(program))
header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
library = ctypes.CDLL(None, use_errno=True)
assert library.prctl(38, 1, 0, 0, 0) == 0
assert library.prctl(22, 2, ctypes.c_char_p(header), 0, 0) == 0
print(json.dumps(protections.described()))
try:
    answer = sandbox.run("tests.archives.test_sandbox:echo", b"hello", {"text": ""},
                         scratch=Path(sys.argv[2]))
    print(json.dumps(answer.fields["content"]))
except Exception as error:
    print(json.dumps(str(error)))
"""
# (system call, its first argument) that make the kernel look as if it had no such protection.
PRCTL = {"x86_64": 157, "aarch64": 167}[platform.machine()]
NO_SECCOMP, NO_LANDLOCK = [PRCTL, 22], [444, 0]


@pytest.mark.parametrize(
    ("missing", "allowed", "told", "outcome"),
    [
        ([], "", "^It cannot start programs", "hello"),
        ([NO_LANDLOCK], "", "Not here: It reads only its own code", "hello"),
        ([NO_SECCOMP], "", "Without it, uploads are refused unless", "seccomp filter is missing"),
        ([NO_SECCOMP], "1", "Uploads are read all the same", "hello"),
        ([NO_SECCOMP], "yes", "Without it, uploads are refused unless", "refused. To read files"),
    ],
)
def test_a_machine_that_cannot_confine_refuses_uploads_unless_told_otherwise(
    missing, allowed, told, outcome, tmp_path
):
    environment = os.environ | {"PARETO_LAB_ALLOW_UNCONFINED": allowed}
    done = subprocess.run(
        [sys.executable, "-c", UNDER_A_FILTER, json.dumps(missing), str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines, answer = map(json.loads, done.stdout.splitlines())
    assert any(re.search(told, line) for line in lines), lines
    assert outcome in answer


WAITING = """
import sys
from pathlib import Path
from core.archives import sandbox
from core.archives.child_process import environment
sandbox.run("tests.archives.test_sandbox:sleep", b"hello", {}, scratch=Path(sys.argv[1]))
"""


def test_the_child_ends_with_the_process_that_asked(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", WAITING, str(tmp_path)], cwd=ROOT)
    child = wait_for(lambda: child_of(parent.pid))
    wait_for(lambda: list(tmp_path.glob("upload-*/progress")))
    parent.kill()
    parent.wait()
    wait_for(lambda: not Path(f"/proc/{child}").exists())


def child_of(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return found[0] if found else None


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def test_the_filter_allows_nothing_by_default_on_both_architectures():
    for machine in ARCHITECTURES:
        program = filter_program(machine)
        assert len(program) % 8 == 0
        assert program[-8:] == bytes([6, 0, 0, 0, 1, 0, 5, 0]), "ends in: errno EPERM"


def test_the_child_sees_no_secrets_of_the_server(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    kept = environment(Path("/scratch"))
    assert "SECRET_TOKEN" not in kept
    assert "HOME" not in kept
