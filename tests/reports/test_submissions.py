"""Files and zips of many become named submissions; a bad one never takes the others with it."""

import io
import zipfile
from pathlib import Path

import pytest

from core.errors import NotFoundError, UploadError
from core.reports.submissions import Limits, collect, keep, kept


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def test_a_zip_names_each_file_after_its_folder(tmp_path: Path) -> None:
    bundle = zipped(("anna/my_model_weights.h5", b"A"), ("bob/my_model_weights.h5", b"B"))
    found = collect([("class.zip", bundle)], tmp_path)
    assert [(s.name, s.path.read_bytes()) for s in found] == [("anna", b"A"), ("bob", b"B")]


def test_a_folder_that_everybody_shares_names_nobody(tmp_path: Path) -> None:
    bundle = zipped(("hw1/anna/my_model_weights.h5", b"A"), ("hw1/bob/my_model_weights.h5", b"B"))
    assert [s.name for s in collect([("class.zip", bundle)], tmp_path)] == ["anna", "bob"]


def test_files_without_folders_are_named_after_themselves(tmp_path: Path) -> None:
    bundle = zipped(("anna.h5", b"A"), ("bob.h5", b"B"))
    assert [s.name for s in collect([("class.zip", bundle)], tmp_path)] == ["anna", "bob"]


def test_a_zip_of_one_person_is_named_after_its_folder(tmp_path: Path) -> None:
    found = collect([("x.zip", zipped(("hw1/anna/my_model_weights.h5", b"A")))], tmp_path)
    assert [s.name for s in found] == ["anna"]


def test_a_lone_file_is_named_after_its_folder_or_itself(tmp_path: Path) -> None:
    path = tmp_path / "carla" / "my_model_weights.h5"
    path.parent.mkdir()
    path.write_bytes(b"C")
    found = collect([(str(path), path), ("dora.h5", b"D")], tmp_path / "work")
    assert [s.name for s in found] == ["carla", "dora"]
    assert found[0].path == path


def test_rubbish_of_operating_systems_is_ignored(tmp_path: Path) -> None:
    bundle = zipped(
        ("anna/my_model_weights.h5", b"A"),
        ("__MACOSX/anna/._my_model_weights.h5", b"x"),
        ("anna/readme.txt", b"x"),
    )
    assert [s.name for s in collect([("class.zip", bundle)], tmp_path)] == ["anna"]


def test_a_member_that_climbs_out_stays_inside_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    collect([("class.zip", zipped(("../../evil.h5", b"E"), ("a/b.h5", b"B")))], inside)
    assert all(inside in path.parents for path in tmp_path.rglob("*") if path.is_file())


def test_a_keras_file_is_one_submission_although_it_is_a_zip(tmp_path: Path) -> None:
    content = zipped(("config.json", b"{}"), ("model.weights.h5", b"W"))
    found = collect([("anna.keras", content)], tmp_path)
    assert [(s.name, s.path.read_bytes()) for s in found] == [("anna", content)]


def test_a_damaged_member_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    bundle = bytearray(zipped(("anna/w.h5", bytes(range(256))), ("bob/w.h5", b"B")))
    bundle[100] ^= 0xFF  # inside Anna's compressed bytes
    anna, bob = collect([("class.zip", bytes(bundle))], tmp_path)
    assert "damaged" in anna.error
    assert bob.error == ""


def test_a_member_larger_than_the_limit_is_reported(tmp_path: Path) -> None:
    bundle = zipped(("anna/w.h5", b"A" * 3_000_000), ("bob/w.h5", b"B"))
    anna, bob = collect([("class.zip", bundle)], tmp_path, Limits(file_bytes=1 << 20))
    assert anna.error == "The file is larger than 1 MB: not this network's."
    assert bob.error == ""


def test_a_zip_without_weights_says_how_to_pack_one(tmp_path: Path) -> None:
    with pytest.raises(UploadError, match=r"Put each as name/my_model_weights\.h5 into it"):
        collect([("class.zip", zipped(("readme.txt", b"x")))], tmp_path)


def test_too_many_files_are_refused_before_any_is_copied(tmp_path: Path) -> None:
    bundle = zipped(*((f"{n}/w.h5", b"x") for n in range(4)))
    with pytest.raises(UploadError, match="holds 4 weights files"):
        collect([("class.zip", bundle)], tmp_path, Limits(files=3))


def test_kept_uploads_come_back_by_their_digest(tmp_path: Path) -> None:
    digest = keep([("anna.h5", b"A"), ("bob.h5", b"B")], tmp_path)
    assert [(name, path.read_bytes()) for name, path in kept(digest, tmp_path)] == [
        ("anna.h5", b"A"),
        ("bob.h5", b"B"),
    ]
    assert keep([("anna.h5", b"A"), ("bob.h5", b"B")], tmp_path) == digest
    assert keep([("anna.h5", b"B"), ("bob.h5", b"A")], tmp_path) != digest


@pytest.mark.parametrize("digest", ["0123456789abcdef", "../../etc"])
def test_uploads_that_are_gone_are_asked_for_again(tmp_path: Path, digest: str) -> None:
    with pytest.raises(NotFoundError, match="Upload them again"):
        kept(digest, tmp_path)
