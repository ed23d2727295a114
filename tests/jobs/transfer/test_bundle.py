"""Runs leave as zips and come back; a stranger's zip is checked before anything is kept."""

import io
import json
import math
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from core.archives.limits import BUNDLE_LIMITS
from core.errors import JobError, NotFoundError, RecordError, UploadError, WeightsError
from core.jobs.store.annotation import Annotation
from core.jobs.store.store import Child, Store
from core.jobs.transfer.bundle import MANIFEST, export_run, history_csv
from core.jobs.transfer.bundle_import import import_run
from core.workspace import Workspace
from tests.endless_zip import zip_of_entries
from tests.jobs.finished import finish
from tests.jobs.told import told

pytestmark = pytest.mark.slow  # processes

SETTINGS = {"steps": 6}


@pytest.fixture
def elsewhere(tmp_path):
    """Another workspace with its own store."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    store = Store(f"sqlite:///{folder / 'jobs.db'}")
    yield Workspace(folder), store
    store.close()


@pytest.fixture
def exported(store, workspace, tmp_path):
    """A finished run's id and the zip it was exported to."""
    id = finish(store, workspace, "descend", SETTINGS, 1)
    return id, export_run(store, workspace, id, tmp_path / "run.zip")


def rebuilt(path, changes, packed=zipfile.ZIP_STORED):
    """Return the zip at `path` with members replaced (bytes), removed (None) or added."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()} | changes
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as new:
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return buffer


def edited(path, id, **fields):
    """Return the zip with some fields of the run's record changed."""
    name = f"runs/{id}/run.json"
    with zipfile.ZipFile(path) as old:
        record = json.loads(old.read(name))
    return rebuilt(path, {name: json.dumps(record | fields).encode()})


def test_a_run_comes_back_as_it_was(exported, store, workspace, elsewhere):
    id, path = exported
    there, other = elsewhere
    done = import_run(other, there, path)
    assert (done.run, done.added, done.already_here) == (id, (id,), ())
    for name in ("kind", "settings", "seed", "state", "result", "created", "finished", "total"):
        assert getattr(other.get(id), name) == getattr(store.get(id), name)
    assert other.metrics(id) == store.metrics(id)
    original = (workspace.artifacts(id) / "weights.npy").read_bytes()
    assert (there.artifacts(id) / "weights.npy").read_bytes() == original
    assert list(there.scratch.iterdir()) == []


def test_importing_twice_changes_nothing(exported, elsewhere):
    id, path = exported
    there, other = elsewhere
    import_run(other, there, path)
    before = other.revision()
    assert import_run(other, there, path).already_here == (id,)
    assert other.revision() == before


def test_a_parent_takes_its_children_along(store, workspace, tmp_path, elsewhere):
    parent = finish(store, workspace, "whoami", {}, 0)
    child = finish(store, workspace, "descend", SETTINGS, 2, parent=parent)
    path = export_run(store, workspace, parent, tmp_path / "both.zip")
    there, other = elsewhere
    assert set(import_run(other, there, path).added) == {parent, child}
    assert [job.id for job in other.jobs(parent=parent)] == [child]


def test_parts_that_somebody_else_asked_for_first_stay_parts(store, workspace, tmp_path, elsewhere):
    """Of a sweep: a training that a person started, and one that is here already."""
    own = finish(store, workspace, "descend", SETTINGS, 2)
    parent = finish(store, workspace, "whoami", {}, 0)
    store.submit_children(parent, [Child(told("descend", SETTINGS), 2)])
    path = export_run(store, workspace, parent, tmp_path / "both.zip")
    there, other = elsewhere
    assert set(import_run(other, there, path).added) == {parent, own}
    assert [job.id for job in other.jobs(parent=parent)] == [own]
    other.delete(parent)
    assert import_run(other, there, path).already_here == (own,)
    assert [job.id for job in other.jobs(parent=parent)] == [own]


@pytest.mark.parametrize("parts", [[], {"x": 3}, "x"])
def test_parts_that_make_no_sense_are_refused(exported, elsewhere, parts):
    _, path = exported
    with zipfile.ZipFile(path) as old:
        manifest = json.loads(old.read(MANIFEST))
    there, other = elsewhere
    told_otherwise = rebuilt(path, {MANIFEST: json.dumps(manifest | {"parts": parts}).encode()})
    with pytest.raises(UploadError, match="which runs belong together"):
        import_run(other, there, told_otherwise)
    assert other.jobs() == []


def test_files_in_folders_travel_and_strange_names_are_listed(
    exported, store, workspace, elsewhere, tmp_path
):
    id, _ = exported
    nested = workspace.artifacts(id) / "submissions" / "Ada Lovelace (2)"
    nested.mkdir(parents=True)
    (nested / "my_model_weights.h5").write_bytes(b"weights")
    (nested / "what?.txt").write_bytes(b"")
    path = export_run(store, workspace, id, tmp_path / "nested.zip")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    assert manifest["left_out"] == [f"{id}/submissions/Ada Lovelace (2)/what?.txt"]
    there, other = elsewhere
    import_run(other, there, path)
    found = there.artifacts(id) / "submissions" / "Ada Lovelace (2)" / "my_model_weights.h5"
    assert found.read_bytes() == b"weights"


def test_equal_runs_make_equal_bundles(exported, store, workspace, tmp_path):
    id, path = exported
    again = export_run(store, workspace, id, tmp_path / "again.zip")
    assert again.read_bytes() == path.read_bytes()


def test_the_bundle_names_versions_and_digests(exported):
    id, path = exported
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        record = json.loads(archive.read(f"runs/{id}/run.json"))
    assert {"python", "numpy", "tensorflow"} <= set(manifest["versions"])
    assert len(record["files"]["weights.npy"]["sha256"]) == 64
    assert record["files"]["weights.npy"]["size_bytes"] == 128 + 32 * 8  # .npy header, 32 doubles


def test_the_history_has_a_row_a_step_and_gaps_stay_empty():
    text = history_csv({"loss": [(1, 0.5), (2, math.inf)], "accuracy": [(2, 0.25)]})
    assert text == "step,accuracy,loss\n1,,0.5\n2,0.25,inf\n"


def test_a_run_that_has_not_ended_is_not_exported(store, workspace, tmp_path):
    id = store.submit(told("descend", SETTINGS), 1)
    with pytest.raises(JobError, match="has not ended yet"):
        export_run(store, workspace, id, tmp_path / "run.zip")
    with pytest.raises(NotFoundError):
        export_run(store, workspace, "0" * 16, tmp_path / "run.zip")


def refused(elsewhere, content, match, **options):
    """Check that an import is refused with this sentence and leaves nothing behind."""
    there, other = elsewhere
    with pytest.raises(UploadError, match=match):
        import_run(other, there, content, **options)
    assert other.jobs() == []
    assert list(there.scratch.iterdir()) == []
    assert not (there.root / "jobs").exists() or list((there.root / "jobs").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "runs/x/run.json", "C:\\evil"])
def test_members_outside_a_run_are_refused(exported, elsewhere, name):
    _, path = exported
    refused(elsewhere, rebuilt(path, {name: b"x"}), "does not belong to a run|outside the archive")


@pytest.mark.parametrize(
    "name", ["../../evil", "a/b/c/d/e", "a/../b", "x" * 101, "a//b", "b.", "a/ b"]
)
def test_files_outside_the_runs_folder_are_refused(exported, elsewhere, name):
    id, path = exported
    content = rebuilt(path, {f"runs/{id}/files/{name}": b"x"})
    refused(elsewhere, content, "does not belong to a run|outside the archive")
    refused(elsewhere, edited(path, id, files={name: {"sha256": ""}}), "lists a file")


def test_a_hidden_file_is_left_out_and_never_listed(exported, elsewhere):
    id, path = exported
    there, other = elsewhere
    refused(elsewhere, edited(path, id, files={".hidden": {"sha256": ""}}), "lists a file")
    import_run(other, there, rebuilt(path, {f"runs/{id}/files/.hidden": b"x"}))
    assert [file.name for file in there.artifacts(id).rglob("*")] == ["weights.npy"]


def test_a_link_is_refused(exported, elsewhere):
    id, path = exported
    content = rebuilt(path, {})
    with zipfile.ZipFile(content, "a") as archive:
        link = zipfile.ZipInfo(f"runs/{id}/files/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    refused(elsewhere, content, "only plain files are read")


def test_a_changed_file_is_refused(exported, elsewhere):
    id, path = exported
    content = rebuilt(path, {f"runs/{id}/files/weights.npy": b"other weights"})
    refused(elsewhere, content, "weights.npy in the zip is damaged")


def test_settings_that_do_not_belong_to_the_id_are_refused(exported, elsewhere):
    id, path = exported
    refused(elsewhere, edited(path, id, settings={"steps": 7}), "do not belong to its id")


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("state", "running", "has not ended"),
        ("created", "yesterday", "time is not a number"),
        ("created", math.nan, "time is not a number"),
        ("created", 1e300, "time is not a number"),
        ("started", -1, "time is not a number"),
        ("finished", 10**400, "time is not a number"),
        ("done", 10**30, "how far it got is not a number"),
        ("total", math.inf, "how far it got is not a number"),
        ("error", "\ud800", "surrogates not allowed"),
        ("error", "a\0b", "zero character"),
        ("result", {"label": ["\ud800"]}, "surrogates not allowed"),
        ("seed", "one", "seed is not a whole number"),
        ("seed", True, "seed is not a whole number"),
        ("seed", 2**70, "Choose a whole number"),
        ("settings", [1], "wrong sort"),
        ("result", 3, "has not ended"),
        ("result", {"weights": "../../secret.h5"}, "leads out of its folder"),
        ("result", {"weights": "/etc/passwd"}, "leads out of its folder"),
        ("result", {"weights": "C:\\secret.h5"}, "leads out of its folder"),
        ("parent", "../x", "parent is not a run"),
        ("surprise", 1, "which is unknown"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(exported, elsewhere, field, value, match):
    id, path = exported
    refused(elsewhere, edited(path, id, **{field: value}), match)


@pytest.mark.parametrize(
    "history",
    [
        b"step,a\n1," + b"1" * 200_000 + b"\n",
        b"step," + b",".join(b"k%d" % n for n in range(1001)) + b"\n",
        b"step," + b"k" * 201 + b"\n",
        *(b"", b"step,a,a\n", b"step,a\n1\n", b"step,a\nx,1\n", b"step,a\n1,one\n", b"\xff"),
        *(b"step,a\n99999999999999999999,1\n", b"step,a\n-1,1\n", b"step,a\0\n1,1\n"),
    ],
)
def test_a_damaged_history_is_refused(exported, elsewhere, history):
    id, path = exported
    refused(elsewhere, rebuilt(path, {f"runs/{id}/history.csv": history}), "Export the run again")


def test_missing_members_are_named(exported, elsewhere):
    id, path = exported
    refused(elsewhere, rebuilt(path, {f"runs/{id}/history.csv": None}), "history.csv is missing")
    refused(elsewhere, rebuilt(path, {MANIFEST: None}), "bundle.json is missing")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"{", b'{"format": 1, "runs": [[]]}'])
def test_a_manifest_that_is_none_is_refused(exported, elsewhere, text):
    refused(elsewhere, rebuilt(exported[1], {MANIFEST: text}), r"bundle\.json in the zip is")


def test_a_newer_format_asks_for_an_update(exported, elsewhere):
    content = rebuilt(exported[1], {MANIFEST: b'{"format": 99, "runs": []}'})
    refused(elsewhere, content, "Update Pareto Lab")


def test_what_is_too_large_is_refused_before_it_is_unpacked(exported, elsewhere):
    path = exported[1]
    for match, limits in (
        ("more than the 2 accepted", {"members": 2}),
        ("larger than the", {"unpacked_bytes": 600}),
        ("more than the 0 KiB that are accepted for a text file", {"text_bytes": 50}),
        ("more than the 0 KiB that are accepted", {"upload_bytes": 100}),
    ):
        refused(elsewhere, path, match, limits=replace(BUNDLE_LIMITS, **limits))


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_truncated_zip_is_refused(exported, elsewhere, cut):
    refused(elsewhere, io.BytesIO(exported[1].read_bytes()[:cut]), "not a whole zip")


def test_a_table_of_endless_entries_is_refused_before_it_is_read(elsewhere):
    first = b"PK\x03\x04" + bytes(26)  # else it does not look like a zip
    content = io.BytesIO(first + zip_of_entries(20_001))
    refused(elsewhere, content, "20,001 members, more than the 20,000 accepted. Export single")


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(exported, elsewhere, packed):
    refused(elsewhere, rebuilt(exported[1], {}, packed), "compressed in an unusual way")


def test_when_the_store_fails_no_run_and_no_file_stays(store, workspace, tmp_path, elsewhere):
    parent = finish(store, workspace, "whoami", {}, 0)
    finish(store, workspace, "descend", SETTINGS, 2, parent=parent)
    path = export_run(store, workspace, parent, tmp_path / "both.zip")
    there, other = elsewhere
    with other.database.write() as connection:  # the second run cannot be written
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON job WHEN NEW.kind = 'descend' "
            "BEGIN SELECT RAISE(ABORT, 'no more'); END"
        )
    with pytest.raises(IntegrityError, match="no more"):
        import_run(other, there, path)
    assert other.jobs() == []
    assert list((there.root / "jobs").iterdir()) == []
    assert list(there.scratch.iterdir()) == []


def test_a_run_named_twice_is_imported_once(exported, elsewhere):
    id, path = exported
    manifest = json.dumps({"format": 1, "run": id, "runs": [id, id]}).encode()
    there, other = elsewhere
    assert import_run(other, there, rebuilt(path, {MANIFEST: manifest})).added == (id,)
    assert (there.artifacts(id) / "weights.npy").is_file()


def test_a_file_that_the_check_refuses_stays_out(exported, elsewhere):
    def check(path):
        raise WeightsError("conv1 has 5 filters, 32 are expected.")

    refused(elsewhere, exported[1], "weights.npy of run .* was refused: conv1", check_file=check)


def test_sixty_kilobytes_that_become_sixty_megabytes_of_text_are_refused(exported, elsewhere):
    id, path = exported
    bomb = b'{"a": [' + b"[]," * 20_000_000 + b"[]]}"
    content = rebuilt(path, {f"runs/{id}/run.json": bomb}, zipfile.ZIP_DEFLATED)
    assert len(content.getvalue()) < 100_000
    refused(elsewhere, content, "more than the 8 MiB that are accepted for a text file")


def test_a_few_megabytes_that_say_millions_of_values_are_refused(exported, elsewhere):
    id, path = exported
    content = rebuilt(path, {f"runs/{id}/run.json": b'{"a": [' + b"[]," * 600_000 + b"[]]}"})
    refused(elsewhere, content, "says too much")


def test_many_texts_that_are_small_alone_are_refused_together(
    store, workspace, elsewhere, tmp_path
):
    parent = finish(store, workspace, "whoami", {}, 0)
    children = [finish(store, workspace, "descend", SETTINGS, n, parent=parent) for n in range(5)]
    path = export_run(store, workspace, parent, tmp_path / "many.zip")
    history = b"step,a\n" + b"\n" * 7 * 2**20
    content = rebuilt(path, {f"runs/{id}/history.csv": history for id in children})
    refused(elsewhere, content, "too much text|different lengths")


def test_endless_histories_are_refused(exported, elsewhere):
    id, path = exported
    history = "step,a\n" + "".join(f"{n},1\n" for n in range(500_001))
    content = rebuilt(path, {f"runs/{id}/history.csv": history.encode()})
    refused(elsewhere, content, "histories are too long")


def test_overlapping_members_are_refused(exported, elsewhere):
    """As in bombs that decompress one part often; Fifield 2019, "A better zip bomb"."""
    path = exported[1]
    content = bytearray(path.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    first = content.index(b"PK\x01\x02")
    content[central + 42 : central + 46] = content[first + 42 : first + 46]
    refused(elsewhere, io.BytesIO(bytes(content)), "not a whole zip of an exported run")


def family_of(path, ids, parents):
    """Return the zip with other parents of its runs."""
    content = io.BytesIO(path.read_bytes())
    for id, parent in zip(ids, parents, strict=True):
        content = edited(content, id, parent=parent)
    return content


def test_runs_that_are_each_others_parents_are_refused(store, workspace, elsewhere, tmp_path):
    one = finish(store, workspace, "whoami", {}, 0)
    two = finish(store, workspace, "descend", SETTINGS, 2, parent=one)
    path = export_run(store, workspace, one, tmp_path / "both.zip")
    for parents in ((two, one), (one, one)):
        content = family_of(path, (one, two), parents)
        refused(elsewhere, content, "comes from itself by way of its parents")


def test_a_parent_that_nobody_knows_does_not_hide_the_run(exported, elsewhere):
    id, path = exported
    there, other = elsewhere
    import_run(other, there, edited(path, id, parent="0" * 16))
    assert other.get(id).parent is None
    assert [job.id for job in other.jobs(listed_without=())] == [id]


def test_a_record_that_its_kind_refuses_stays_out(exported, elsewhere):
    def check(run):
        raise RecordError("the result is another")

    refused(elsewhere, exported[1], "run.json is damaged .the result is", check_run=check)


def test_an_imported_run_is_marked_and_never_answers_a_submit(exported, elsewhere, tmp_path):
    id, path = exported
    there, other = elsewhere
    forged = edited(path, id, result={"weights": "forged"})
    import_run(other, there, forged)
    (there.artifacts(id) / "planted.h5").write_bytes(b"x")
    assert (other.get(id).imported, other.is_known(id)) == (True, False)
    assert other.submit(told("descend", SETTINGS), 1) == id
    queued = other.get(id)
    assert (queued.imported, queued.state, queued.result) == (False, "queued", None)
    assert (queued.done, queued.started, queued.finished) == (0.0, None, None)
    assert other.metrics(id) == {}
    assert other.is_known(id)


def test_an_imported_part_is_computed_when_a_parent_asks_for_it(exported, elsewhere):
    id, path = exported
    there, other = elsewhere
    import_run(other, there, path)
    parent = other.submit(told("whoami"), 0)
    [child] = other.submit_children(parent, [Child(told("descend", SETTINGS), 1)])
    assert (child.id, child.state, child.imported) == (id, "queued", False)


def test_an_imported_run_that_failed_begins_anew_when_it_is_resumed(exported, elsewhere):
    id, path = exported
    there, other = elsewhere
    import_run(other, there, edited(path, id, state="failed", result=None, error="no"))
    other.resume(id)
    job = other.get(id)
    assert (job.state, job.imported, job.done, job.error) == ("queued", False, 0.0, None)


def test_a_family_in_a_circle_from_an_older_version_can_be_deleted(store, workspace):
    one = finish(store, workspace, "whoami", {}, 0)
    two = finish(store, workspace, "descend", SETTINGS, 2, parent=one)
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE job SET parent = ? WHERE id = ?", (two, one))
        connection.exec_driver_sql("INSERT INTO family VALUES (?, ?)", (two, one))
    store.stop(one)
    assert set(store.own_family(one)) == {two}
    assert set(store.delete(one)) == {one, two}
    assert store.jobs() == []


def test_a_name_tags_and_a_note_travel_with_the_run(store, workspace, elsewhere, tmp_path):
    id = finish(store, workspace, "descend", SETTINGS, 1)
    plain = export_run(store, workspace, id, tmp_path / "plain.zip").read_bytes()
    assert b"annotation" not in zipfile.ZipFile(io.BytesIO(plain)).read(f"runs/{id}/run.json")
    written = Annotation("the good one", ("course",), "two\nlines")
    store.annotate(id, written)
    done = import_run(elsewhere[1], elsewhere[0], export_run(store, workspace, id, tmp_path / "a"))
    assert elsewhere[1].get(done.run).annotation == written
    assert elsewhere[1].get(done.run).started_by == ""  # somebody elsewhere


@pytest.mark.parametrize(
    "annotation",
    [
        3,
        {"name": "n"},
        {"name": "n" * 200, "tags": [], "note": ""},
        {"name": 1, "tags": [], "note": ""},
        {"name": "", "tags": "tag", "note": ""},
    ],
)
def test_a_strangers_annotation_is_checked(exported, elsewhere, annotation):
    id, path = exported
    with pytest.raises(UploadError, match="damaged"):
        import_run(elsewhere[1], elsewhere[0], edited(path, id, annotation=annotation))
