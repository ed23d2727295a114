"""The general entrance for archives: chosen members, limits of each, nested ones, nothing left."""

import io
import struct
import zipfile
from dataclasses import replace

import pytest

from core.archives.extract import extract
from core.archives.limits import BUNDLE_LIMITS, HAND_IN_LIMITS, LIMITS, MIB
from core.errors import UploadError
from tests.inputs.build import flipped, member, tar, tar_gz, zipped

pytestmark = pytest.mark.slow  # processes


def seen(found):
    return [(e.inside, e.name, e.path.read_bytes() if e.path else None) for e in found]


def test_kept_members_are_written_under_numbers_and_all_are_listed(tmp_path):
    content = zipped({"anna/a.h5": b"weights", "anna/note.txt": b"hello", "anna/": b""})
    found = extract(content, tmp_path, keep=("*.h5",))
    assert seen(found) == [
        ("", "anna/", None),
        ("", "anna/a.h5", b"weights"),
        ("", "anna/note.txt", None),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["00001"]
    assert found[1].path.stat().st_mode & 0o077 == 0
    assert [entry.size_bytes for entry in found] == [0, 7, 5]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_tar_is_read_the_same_way(tmp_path, compressed):
    content = (tar_gz if compressed else tar)({"x/a.H5": b"1" * 700, "b.txt": b"no"})
    assert seen(extract(content, tmp_path, keep=("*.h5",))) == [
        ("", "x/a.H5", b"1" * 700),
        ("", "b.txt", None),
    ]


def test_names_with_backslashes_are_paths_and_checked_as_such(tmp_path):
    found = extract(zipped({"anna\\a.h5": b"1"}), tmp_path)
    assert [entry.name for entry in found] == ["anna/a.h5"]
    for name in ("..\\a.h5", "C:\\a.h5", "\\a.h5", "a\\..\\..\\b"):
        with pytest.raises(UploadError, match="points outside the archive"):
            extract(zipped({name: b"1"}), tmp_path)


def test_an_archive_in_the_archive_is_opened_one_level_deep(tmp_path):
    innermost = zipped({"deep.h5": b"3"})
    inner = zipped({"my.h5": b"2", "more.zip": innermost})
    content = zipped({"anna/a.h5": b"1", "bert.zip": inner, "carl.tgz": tar_gz({"c.h5": b"4"})})
    found = extract(content, tmp_path, keep=("*.h5",), nested=("*.zip", "*.tgz"))
    assert seen(found) == [
        ("", "anna/a.h5", b"1"),
        ("", "bert.zip", None),
        ("bert.zip", "my.h5", b"2"),
        ("bert.zip", "more.zip", None),
        ("", "carl.tgz", None),
        ("carl.tgz", "c.h5", b"4"),
    ]


BAD_NESTED = {
    "no archive": (b"<html>", "is no .zip, .tar or .tar.gz"),
    "cut short": (zipped({"a.h5": b"1"})[:-30], "is damaged"),
    "many members": (zipped({f"{n}": b"" for n in range(1001)}), "1,001 members"),
    "a bomb": (zipped({"a.h5": bytes(70 * MIB)}), "grows more than 300 times"),
    "a zip slip": (zipped({"../a.h5": b"1"}), "points outside"),
}


@pytest.mark.parametrize("case", BAD_NESTED)
def test_one_bad_nested_archive_costs_the_others_nothing(tmp_path, case):
    bad, reason = BAD_NESTED[case]
    content = zipped({"bad.zip": bad, "good.zip": zipped({"g.h5": b"1"})})
    arguments = {"keep": ("*.h5",), "nested": ("*.zip",)}
    found = extract(content, tmp_path, HAND_IN_LIMITS, strict=False, **arguments)
    assert ("good.zip", "g.h5", b"1") in seen(found)
    assert [entry for entry in found if reason in entry.error]
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UploadError, match=reason):
        extract(content, other, HAND_IN_LIMITS, **arguments)
    assert list(other.iterdir()) == []


def encrypted(content, name):
    at = content.rfind(name) - 46
    changed = bytearray(content)
    changed[at + 8] |= 1
    return bytes(changed)


def wrong_checksum():
    content = zipped({"a.h5": b"first", "b.h5": b"second"}, zipfile.ZIP_STORED)
    return flipped(content, content.find(b"first"))


BAD_MEMBERS = {
    "encrypted": (encrypted(zipped({"a.h5": b"1", "b.h5": b"2"}), b"a.h5"), "is encrypted"),
    "wrong checksum": (wrong_checksum(), "is damaged"),
    "outside": (zipped({"../a.h5": b"1", "b.h5": b"2"}), "points outside"),
    "too large": (zipped({"a.h5": bytes(300_000), "b.h5": b"2"}), "for one file"),
    "a link in a tar": (
        tar([member("a.h5", kind=b"2", linkname="/etc/passwd"), member("b.h5", b"2")]),
        "a symbolic link",
    ),
}


@pytest.mark.parametrize("case", BAD_MEMBERS)
def test_one_bad_member_is_an_error_of_its_own_unless_reading_is_strict(tmp_path, case):
    content, reason = BAD_MEMBERS[case]
    limits = replace(LIMITS, file_bytes=200_000)
    found = extract(content, tmp_path, limits, strict=False)
    assert [entry.name for entry in found if reason in entry.error] == [
        "../a.h5" if case == "outside" else "a.h5"
    ]
    assert [name for _, name, read in seen(found) if read is not None] == ["b.h5"]
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(UploadError, match=reason):
        extract(content, tmp_path, limits)
    assert list(tmp_path.iterdir()) == []


def overlapping(content):
    changed = bytearray(content)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", changed, at + 42, 0)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


WHOLE = {
    "no archive": (b"hello" * 200, LIMITS, "is no .zip, .tar or .tar.gz"),
    "empty": (b"", LIMITS, "is empty"),
    "overlap": (overlapping(zipped({"a": b"1", "b": b"1"})), LIMITS, "overlaps another one"),
    "a long text": (
        zipped({"run.json": b"[" * (9 * MIB)}),
        BUNDLE_LIMITS,
        "8 MiB that are accepted for a text file.*Export single runs",
    ),
    "all of it": (
        zipped({str(n): bytes(1000) for n in range(30)}, zipfile.ZIP_STORED),
        replace(LIMITS, unpacked_bytes=20_000),
        "larger than the 20 KiB",
    ),
    "members": (
        zipped({str(n): b"" for n in range(30)}),
        replace(LIMITS, members=20),
        "30 members, more than the 20",
    ),
    "growth": (zipped({"a": bytes(70 * MIB)}), BUNDLE_LIMITS, "grows more than 300 times"),
}


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("strict", [True, False])
def test_what_is_wrong_with_the_whole_is_refused_and_leaves_nothing(tmp_path, case, strict):
    content, limits, reason = WHOLE[case]
    if not strict and case in ("a long text", "growth"):
        found = extract(content, tmp_path, limits, strict=False)
        assert found[0].error, "one member's limit"
    else:
        with pytest.raises(UploadError, match=reason):
            extract(content, tmp_path, limits, strict=strict)
    assert list(tmp_path.iterdir()) == []


def test_members_of_an_open_file_come_back_whole_and_in_their_order(tmp_path):
    members = {f"{n}.bin": bytes([n]) * (n * 70_001) for n in range(9)}
    found = extract(io.BytesIO(zipped(members)), tmp_path)
    assert [(entry.name, entry.path.read_bytes()) for entry in found] == list(members.items())


def test_a_name_that_is_there_twice_is_refused_or_the_second_one_is_an_error(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    with pytest.raises(UploadError, match="holds a twice"):
        extract(packed.getvalue(), tmp_path)
    found = extract(packed.getvalue(), tmp_path, strict=False)
    assert [(entry.name, bool(entry.error)) for entry in found] == [("a", False), ("a", True)]
