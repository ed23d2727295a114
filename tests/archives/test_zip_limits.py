"""A zip's members are counted before anything is built of them, whatever its end record claims."""

import io
import zipfile

import pytest

from core.archives.zip_limits import check_count
from core.errors import UploadError
from tests.endless_zip import zip_of_entries


@pytest.mark.parametrize("zip64", [True, False])
@pytest.mark.parametrize("claimed", [None, 1])
def test_a_member_too_many_is_refused_whatever_is_claimed(zip64, claimed):
    check_count(io.BytesIO(zip_of_entries(50, None, zip64)), 50)
    with pytest.raises(UploadError, match="too many members; 49 are allowed"):
        check_count(io.BytesIO(zip_of_entries(50, claimed, zip64)), 49)


@pytest.mark.parametrize("zip64", [True, False])
def test_the_count_is_that_of_the_standard_library(zip64):
    with zipfile.ZipFile(io.BytesIO(zip_of_entries(50, 1, zip64))) as archive:
        assert len(archive.infolist()) == 50


def test_a_table_of_giant_names_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}{'x' * 60_000}", b"")
    with pytest.raises(UploadError, match="too many members"):
        check_count(buffer, 100)


def commented(content: bytes, before: bytes = b"") -> io.BytesIO:
    """Return the zip with a comment at its end and other bytes in front of it."""
    buffer = io.BytesIO(before + content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"a comment"
    return buffer


def test_comments_and_bytes_in_front_do_not_hide_members():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(5):
            archive.writestr(str(number), b"x")
    for file in (commented(buffer.getvalue()), commented(buffer.getvalue(), b"junk" * 99)):
        check_count(file, 5)
        with pytest.raises(UploadError, match="too many members"):
            check_count(file, 4)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no zip at all" * 9])
def test_what_is_no_zip_is_left_to_its_reader_at_the_same_place(content):
    file = io.BytesIO(content)
    file.seek(len(content) // 2)
    check_count(file, 1)
    assert file.tell() == len(content) // 2
