"""Files and zips of many become named submissions; a bad one never takes the others with it."""

import io
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.errors import NotFoundError, UploadError
from core.grading.found_files import Limits
from core.grading.kept_uploads import keep, kept
from core.grading.submissions import Submission, collect
from tests.endless_zip import zip_of_entries

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]
NOISE = random.Random(5).randbytes(5_000)  # does not compress: a damaged byte of it is noticed


def zipped(*members: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packed) as archive:
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


def test_a_name_in_utf8_without_its_flag_is_read(tmp_path: Path) -> None:
    bundle = zipped(("Zoxx/my_model_weights.h5", b"Z"), ("bob/my_model_weights.h5", b"B"))
    found = collect([("class.zip", bundle.replace(b"Zoxx", "Zoë".encode()))], tmp_path)
    assert [(s.name, s.file) for s in found] == [
        ("Zoë", "Zoë/my_model_weights.h5"),
        ("bob", "bob/my_model_weights.h5"),
    ]


def test_backslashes_of_windows_packers_are_folders(tmp_path: Path) -> None:
    bundle = zipped(("anna\\my_model_weights.h5", b"A"), ("bob\\my_model_weights.h5", b"B"))
    found = collect([("class.zip", bundle)], tmp_path)
    assert [(s.name, s.error, s.path.read_bytes()) for s in found] == [
        ("anna", "", b"A"),
        ("bob", "", b"B"),
    ]


def test_a_member_that_climbs_out_stays_inside_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    collect([("class.zip", zipped(("../../evil.h5", b"E"), ("a/b.h5", b"B")))], inside)
    assert all(inside in path.parents for path in tmp_path.rglob("*") if path.is_file())


def test_who_handed_in_a_member_that_climbs_out_gets_a_row(tmp_path: Path) -> None:
    bundle = zipped(("../dora/w.h5", b"D"), ("anna/w.h5", b"A"), ("ben/w.h5", b"B"))
    rows = {s.name: s.error for s in collect([("class.zip", bundle)], tmp_path)}
    assert set(rows) == {"anna", "ben", "dora"}
    assert "points outside the archive. Pack it again" in rows["dora"]


def test_people_whose_names_look_alike_are_told_apart(tmp_path: Path) -> None:
    names = ("anna", "an\u200bna", "=ben", "+ben", "@ben", "x" * 90 + "1", "x" * 90 + "2")
    bundle = zipped(*((f"{name}/w.h5", name.encode()) for name in names))
    found = collect([("class.zip", bundle)], tmp_path)
    assert len({each.name for each in found}) == 7
    assert {"anna", "anna (2)", "+ben", "_ben", "_ben (2)"} < {each.name for each in found}


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
    assert "w.h5 unpacks to more than the 1 MiB that are accepted for one file." in anna.error
    assert bob.error == ""


def test_a_zip_without_weights_says_how_to_pack_one(tmp_path: Path) -> None:
    (found,) = collect([("class.zip", zipped(("readme.txt", b"x")))], tmp_path)
    assert "Put each as name/my_model_weights.h5 into it" in found.error


def test_more_people_than_are_graded_at_once_are_refused(tmp_path: Path) -> None:
    bundle = zipped(*((f"{n}/w.h5", b"x") for n in range(4)))
    (found,) = collect([("class.zip", bundle)], tmp_path, Limits(files=3))
    assert "holds the files of 4 people, 4 files in all. At most 3 are graded" in found.error


def test_more_files_than_are_graded_at_once_are_refused(tmp_path: Path) -> None:
    files = [(f"{n}.h5", b"x") for n in range(4)]
    with pytest.raises(UploadError, match="4 files arrived; at most 3"):
        collect(files, tmp_path, Limits(files=3))


def damaged_directory(content: bytes) -> bytes:
    """Return a zip with one wrong byte in its table of contents."""
    at = content.index(b"PK\x01\x02")
    return content[:at] + b"\x00" + content[at + 1 :]


def test_a_file_that_is_a_broken_zip_stops_nobody(tmp_path: Path) -> None:
    whole = zipped(("config.json", b"{}"), ("model.weights.h5", b"W"))
    files = [("anna.zip", damaged_directory(whole)), ("bob.h5", b"B")]
    anna, bob = collect(files, tmp_path)
    assert (anna.name, anna.error.startswith("The zip file is damaged (")) == ("anna", True)
    assert (bob.name, bob.error) == ("bob", "")


def test_a_damaged_member_stops_nobody(tmp_path: Path) -> None:
    bundle = bytearray(zipped(("anna/w.h5", NOISE), ("bob/w.h5", b"B")))
    bundle[300:500] = bytes(byte ^ 0x5A for byte in bundle[300:500])
    anna, bob = collect([("class.zip", bytes(bundle))], tmp_path)
    assert "The zip file is damaged (w.h5: " in anna.error
    assert (bob.error, bob.path.read_bytes()) == ("", b"B")


def patched(content: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip with `value` at an offset into the first entry of its table of contents."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [(10, b"\x61\0", "compressed in an unusual way"), (8, b"\1", "encrypted")],
    ids=["a compression nobody knows", "encrypted"],
)
def test_a_member_that_cannot_be_unpacked_stops_nobody(
    tmp_path: Path, offset: int, value: bytes, reason: str
) -> None:
    bundle = zipped(("anna/w.h5", b"A"), ("bob/w.h5", b"B"))
    anna, bob = collect([("class.zip", patched(bundle, offset, value))], tmp_path)
    assert reason in anna.error
    assert bob.error == ""


def test_a_reason_is_a_sentence_although_zipfile_repeats_whole_names(tmp_path: Path) -> None:
    bundle = bytearray(zipped((f"anna/{'x' * 60_000}.h5", b"A"), ("bob/w.h5", b"B")))
    bundle[30:60_030] = b"\xff" * 60_000  # the name in front of the member is another one
    anna, bob = collect([("class.zip", bytes(bundle))], tmp_path)
    assert 0 < len(anna.error) < 200
    assert bob.error == ""


def test_a_zip_is_not_overwritten_by_its_own_members(tmp_path: Path) -> None:
    bundle = zipped(*((f"{name}/w.h5", NOISE * 20) for name in ("anna", "bob", "carla")))
    found = collect([("class.zip", bundle)], tmp_path)
    assert [(s.error, s.path.read_bytes() == NOISE * 20) for s in found] == [("", True)] * 3


def test_a_zip_of_one_loose_file_is_named_after_itself(tmp_path: Path) -> None:
    bundle = zipped(("my_model_weights.h5", b"A"))
    files = [("anna.zip", bundle), ("hw1/bob.zip", bundle), ("carla/my_model_weights.zip", bundle)]
    assert [s.name for s in collect(files, tmp_path)] == ["anna", "bob", "carla"]


def test_several_loose_files_with_everybodys_name_are_told_apart(tmp_path: Path) -> None:
    bundle = zipped(("my_model_weights.h5", b"A"), ("my_model_weights (1).h5", b"B"))
    found = collect([("anna.zip", bundle), ("bob.zip", bundle)], tmp_path)
    assert [s.name for s in found] == [
        "anna/my_model_weights (1)",
        "anna/my_model_weights",
        "bob/my_model_weights (1)",
        "bob/my_model_weights",
    ]


@pytest.mark.parametrize("top", ["", "hw1/"])
def test_a_person_without_weights_is_told_what_was_found(tmp_path: Path, top: str) -> None:
    names = (
        *("anna/my_model_weights.h5", "anna/train.py", "ben/submission.zip"),
        *("cem/my_model_weights.h5.gz", "dora/code/weights.txt", "dora/1.py", "dora/2.py"),
        *("dora/3.py", "readme/README.md", "eve/.DS_Store", "__MACOSX/fay/._x", "task.pdf"),
    )
    bundle = zipped(*((top + name, b"x") for name in names))
    anna, ben, *others = collect([("class.zip", bundle)], tmp_path)
    assert (anna.name, anna.error) == ("anna", "")
    assert (ben.name, ben.error[:48]) == ("ben", "submission.zip is no .zip, .tar or .tar.gz, what")
    assert {each.name: each.error.partition("(found: ")[2] for each in others} == {
        "cem": "my_model_weights.h5.gz). Hand in my_model_weights.h5 itself.",
        "dora": "1.py, 2.py, 3.py and 1 more). Hand in my_model_weights.h5 itself.",
        "eve": "",
    }
    assert others[-1].error == (
        "The folder is empty: nothing was handed in. Hand in my_model_weights.h5."
    )


CLASSES_WITH_EMPTY_FOLDERS = {
    "plain folders": ({"anna/W", "ben/W"}, "cem/", "cem"),
    "below the class": ({"hw1/anna/W", "hw1/ben/W"}, "hw1/cem/", "cem"),
    "one person with weights": ({"anna/W"}, "cem/", "cem"),
    "folders in it": ({"anna/W", "ben/W"}, "cem/code/", "cem"),
    "what systems add": ({"anna/W", "ben/W"}, "cem/.DS_Store", "cem"),
    "Windows": ({"anna\\W", "ben\\W"}, "cem\\", "cem"),
    "beside loose files": ({"anna.h5", "ben.h5"}, "cem/", "cem"),
    "beside zips": ({"anna.zip", "ben/W"}, "cem/", "cem"),
    "Moodle": (
        {f"{n}_1_assignsubmission_file_/W" for n in ("An Li", "Bo Oz")},
        "Cem Ay_3_assignsubmission_file_/",
        "Cem Ay",
    ),
    "Brightspace": (
        {f"{k}-2 - {n} - May 1, 2024 1000 AM/W" for k, n in enumerate(("An Li", "Bo Oz"))},
        "7-2 - Cem Ay - May 1, 2024 1000 AM/",
        "Cem Ay",
    ),
    "Gradescope": (
        {"e/submission_1/W", "e/submission_2/W", "e/submission_metadata.yml"},
        "e/submission_3/",
        "submission_3",
    ),
    "GitHub": ({"p-submissions/p-anna/W", "p-submissions/p-ben/W"}, "p-submissions/p-cem/", "cem"),
}


HOWS = [(how, kind) for how in CLASSES_WITH_EMPTY_FOLDERS for kind in ("zip", "tar", "folder")]


@pytest.mark.parametrize(("how", "kind"), [each for each in HOWS if each[0] != "Windows"])
def test_an_empty_folder_is_a_person_who_handed_in_nothing(tmp_path: Path, how: str, kind: str):
    files, empty, name = CLASSES_WITH_EMPTY_FOLDERS[how]
    bundle = class_with_empty_folder(files, empty)
    export = tmp_path / "class"
    zipfile.ZipFile(io.BytesIO(bundle)).extractall(export)
    if kind == "tar":
        packed = shutil.make_archive(str(tmp_path / "class"), "gztar", export)
        given = ("class.tar.gz", Path(packed))
    else:
        given = ("class.zip", bundle) if kind == "zip" else ("class", export)
    assert_cem_handed_in_nothing(collect([given], tmp_path / "work"), name)


def test_an_empty_folder_that_windows_packed_is_a_person_too(tmp_path: Path) -> None:
    files, empty, name = CLASSES_WITH_EMPTY_FOLDERS["Windows"]
    bundle = class_with_empty_folder(files, empty)
    assert_cem_handed_in_nothing(collect([("class.zip", bundle)], tmp_path), name)


def class_with_empty_folder(files: set[str], empty: str) -> bytes:
    members = [(file.replace("W", "my_model_weights.h5"), b"x") for file in sorted(files)]
    return zipped(*members, (empty, b""))


def assert_cem_handed_in_nothing(found: list[Submission], name: str) -> None:
    assert len({each.name for each in found}) == len(found) >= 2
    (cem,) = (each for each in found if each.name == name)
    assert cem.error == "The folder is empty: nothing was handed in. Hand in my_model_weights.h5."


def test_empty_folders_that_programs_make_are_nobody(tmp_path: Path) -> None:
    own = zipped(("work/model/my_model_weights.h5", b"A"), ("work/logs/", b""), ("work/tmp/", b""))
    assert len(collect([("anna.zip", own)], tmp_path / "own")) == 1
    of_class = zipped(("anna/w.h5", b"A"), ("anna/plots/", b""), ("ben/w.h5", b"B"))
    found = collect([("class.zip", of_class)], tmp_path / "class")
    assert [(each.name, each.error) for each in found] == [("anna", ""), ("ben", "")]


def test_beside_the_file_that_was_asked_for_others_are_named_and_not_graded(
    tmp_path: Path,
) -> None:
    names = ("my_model_weights.pt", "dense.h5", "train_images.npz", "notes.txt")
    bundle = zipped(*((f"{who}/{name}", b"x") for who in ("anna", "ben") for name in names))
    anna, ben = collect([("class.zip", bundle)], tmp_path)
    assert (anna.file, ben.file) == ("anna/my_model_weights.pt", "ben/my_model_weights.pt")
    assert anna.notes == ("Not graded beside it: dense.h5.",)


@pytest.mark.parametrize(
    "members",
    [
        (("config.json", b"{}"), ("model.weights.h5", b"W")),
        (("w/data.pkl", b"x"), ("w/data/0", b"y"), ("w/version", b"3")),
        (("arr_0.npy", b"x"), ("arr_1.npy", b"y")),
    ],
    ids=["keras", "torch", "npz"],
)
def test_a_weights_file_that_lost_its_ending_is_one_although_it_is_a_zip(
    tmp_path: Path, members: tuple[tuple[str, bytes], ...]
) -> None:
    content = zipped(*members)
    found = collect([("anna.zip", content)], tmp_path)
    assert [(s.name, s.path.read_bytes()) for s in found] == [("anna", content)]


def test_one_persons_files_are_bounded(tmp_path: Path) -> None:
    bundle = zipped(*((f"anna/{n}.h5", b"x") for n in range(30)), ("ben/w.h5", b"x"))
    anna, ben = collect([("class.zip", bundle)], tmp_path)
    assert "30 weights files of 0 MB were handed in; at most 20 files" in anna.error
    assert ben.error == ""


def test_folders_beside_one_persons_loose_file_are_no_people(tmp_path: Path) -> None:
    bundle = zipped(("my_model_weights.h5", b"A"), ("code/train.py", b"x"))
    assert [s.name for s in collect([("anna.zip", bundle)], tmp_path)] == ["anna"]


def test_people_without_weights_count_as_files(tmp_path: Path) -> None:
    bundle = zipped(("anna/w.h5", b"A"), ("bob/w.txt", b"B"), ("carla/w.txt", b"C"))
    (found,) = collect([("class.zip", bundle)], tmp_path, Limits(files=2))
    assert "holds the files of 3 people, 3 files in all. At most 2" in found.error


def test_equal_names_in_several_zips_are_preceded_by_the_zips(tmp_path: Path) -> None:
    same = zipped(("submission/my_model_weights.h5", b"A"))
    both = zipped(("submission/my_model_weights.h5", b"A"), ("dora/my_model_weights.h5", b"D"))
    files = [("anna.zip", same), ("ben.zip", same), ("rest.zip", both), ("carla.h5", b"C")]
    assert [s.name for s in collect(files, tmp_path)] == [
        *("anna/submission", "ben/submission", "dora", "rest/submission"),
        "carla",
    ]


def test_zips_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    loose = zipped(("my_model_weights.h5", b"A"))
    files = [("hw/anna/submission.zip", loose), ("hw/ben/submission.zip", loose)]
    assert [s.name for s in collect(files, tmp_path)] == ["anna/submission", "ben/submission"]


@pytest.mark.parametrize("name", ["my_model_weights.h5", "x.h5"])
@pytest.mark.parametrize("top", ["", "hw1/"])
def test_a_person_with_a_folder_inside_the_own_folder_is_one(
    tmp_path: Path, top: str, name: str
) -> None:
    bundle = zipped((f"{top}anna/{name}", b"A"), (f"{top}anna/old/{name}", b"B"))
    assert [s.name for s in collect([("class.zip", bundle)], tmp_path)] == ["anna", "anna"]


def test_a_loose_file_beside_several_peoples_folders_is_the_shared_folders(tmp_path: Path) -> None:
    names = ("my_model_weights.h5", "anna/my_model_weights.h5", "bob/my_model_weights.h5")
    bundle = zipped(*((f"hw1/{name}", b"x") for name in names))
    assert [s.name for s in collect([("class.zip", bundle)], tmp_path)] == ["anna", "bob", "hw1"]


COUNTED = """
import resource, sys
from pathlib import Path
from core.grading.submissions import collect
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = collect([("many.zip", Path(sys.argv[1])), ("bob.h5", b"B")], Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, [s.error for s in found])
"""


def test_a_zip_of_endless_entries_is_refused_without_reading_them(tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(zip_of_entries(400_000))
    command = [sys.executable, "-c", COUNTED, str(tmp_path / "many.zip"), str(tmp_path / "work")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    kilobytes, _, errors = done.stdout.partition(" ")
    assert "The zip has too many members; 65,000 are allowed." in errors
    assert errors.strip().endswith("'']")  # Bob's is graded
    assert int(kilobytes) < 20_000  # 229 MB when zipfile makes an object of each


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


def test_many_zips_in_a_folder_do_not_fill_the_disk(tmp_path: Path) -> None:
    """Each may unpack to 300 times its size; what one takes, the next has less."""
    hands, place = tmp_path / "hands", tmp_path / "place"
    for name in ("anna", "bob", "cleo"):
        (hands / name).mkdir(parents=True)
        files = ((f"{n}.h5", bytes(40_000)) for n in range(5))
        (hands / name / "all.zip").write_bytes(zipped(*files))
    limits = Limits(total_bytes=450_000, archive_bytes=250_000)
    found = collect([("hands", hands)], place, limits)
    assert {each.name for each in found} == {"anna", "bob", "cleo"}
    assert [each.name for each in found if each.error] == ["cleo"]
    assert sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) <= 450_000
