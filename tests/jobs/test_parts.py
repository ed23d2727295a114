"""The small parts of the job engine, each on its own."""

import hashlib
import itertools
import os
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from core.errors import StoreError
from core.jobs import logs
from core.jobs.engine import supervisor
from core.jobs.engine.cluster import DaskCluster, describe_exit, ending, require_safe
from core.jobs.engine.lock import FileLock, is_held
from core.jobs.engine.workers import Occupied, Worker, allowed_resources, free_worker
from core.jobs.resources import ONE_OF_MANY, RESOURCES, run_cores
from core.jobs.runner import checkpoint
from core.jobs.runner.checkpoint import Pointer
from core.jobs.runner.reporting import passing_trouble, retry_transient
from core.jobs.runner.runner import RunnerArgs
from core.jobs.runner.time_left import TimeLeft
from core.jobs.store.database import StoreBusy
from core.jobs.store.store import Store
from core.progress import Stopped
from core.workspace import Workspace

pytestmark = pytest.mark.slow  # processes

GIGABYTE = 1024**3


# --- checkpoints


def test_arrays_come_back_from_a_checkpoint_whatever_their_names(tmp_path):
    state = {
        "conv1/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "file": np.array(3),
        "self": np.array(["text"]),
        "nothing": np.zeros((0, 4)),
    }
    pointer = checkpoint.write(tmp_path, "1-1.npz", state)
    loaded = checkpoint.read(tmp_path, pointer)
    assert loaded.keys() == state.keys()
    for name, array in state.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_objects_are_never_pickled_into_a_checkpoint(tmp_path):
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        checkpoint.write(tmp_path, "1-1.npz", {"x": np.array([object()])})
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_is_written_without_a_second_copy_of_its_arrays(tmp_path):
    state = {str(n): np.full(500_000, float(n)) for n in range(16)}  # 16 x 4 MB
    tracemalloc.start()
    pointer = checkpoint.write(tmp_path, "1-1.npz", state)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pointer.size_bytes > 64e6
    assert pointer.sha256 == hashlib.sha256((tmp_path / "1-1.npz").read_bytes()).hexdigest()
    assert most < 32e6  # pieces of one array, and the buffers of writing


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_a_damaged_checkpoint_is_none(tmp_path, damage):
    pointer = checkpoint.write(tmp_path, "1-1.npz", {"x": np.arange(9)})
    path = tmp_path / "1-1.npz"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-20] if damage == "truncated" else b"x" + content[1:])
    assert checkpoint.read(tmp_path, pointer) is None


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "1-1.npz").mkdir()  # a folder is in the way of the rename
    with pytest.raises(OSError, match="directory"):
        checkpoint.write(tmp_path, "1-1.npz", {"x": np.arange(9)})
    assert [path.name for path in tmp_path.iterdir()] == ["1-1.npz"]


def test_unreferenced_checkpoints_go_but_never_those_of_a_later_attempt(tmp_path):
    for name in ("1-1.npz", "1-2.npz", "2-1.npz", "2-2.npz.part", "3-1.npz"):
        (tmp_path / name).write_bytes(b"")
    checkpoint.collect(tmp_path, [Pointer("1-2.npz", "", 0), Pointer("2-1.npz", "", 0)], attempt=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-2.npz", "2-1.npz", "3-1.npz"]


# --- time left


def test_time_left_is_hidden_until_it_means_something():
    clock = itertools.chain([0.0, 1.0, 2.0], itertools.repeat(4.0))
    left = TimeLeft(lambda: next(clock))
    assert left.estimate(0, 100) is None
    assert left.estimate(5, 100) is None  # after 1 s
    assert left.estimate(10, 100) is None  # after 2 s
    assert left.estimate(20, 100) == 16.0  # 4 s for 20 steps, 80 to go
    assert left.estimate(100, 100) is None


def test_a_resumed_run_gets_no_credit_for_old_steps():
    clock = iter([0.0, 10.0])
    left = TimeLeft(lambda: next(clock))
    assert left.estimate(90, 100) is None
    assert left.estimate(95, 100) == 10.0  # 5 steps in 10 s, 5 to go; not 95 steps in 10 s


def test_slow_work_shows_no_estimate_from_a_single_step_in_a_thousand():
    clock = iter([0.0, 60.0])
    left = TimeLeft(lambda: next(clock))
    left.estimate(0, 1000)
    assert left.estimate(1, 1000) is None


def test_work_that_starts_over_is_estimated_anew():
    clock = iter([0.0, 10.0, 20.0, 30.0])
    left = TimeLeft(lambda: next(clock))
    left.estimate(0, 10)
    assert left.estimate(5, 10) == 10.0
    assert left.estimate(0, 10) is None
    assert left.estimate(5, 10) == 10.0


# --- workers


@pytest.mark.parametrize(("text", "cores"), [(None, 2), ("1", 1), ("16", 16), ("0", 2), ("x", 2)])
def test_a_run_takes_the_cores_that_are_asked_for_and_two_if_that_is_no_number(text, cores):
    assert run_cores(text) == cores


TENSORFLOW, NUMPY = RESOURCES["tensorflow"], RESOURCES["numpy"]


def test_two_cores_carry_one_tensorflow_job_or_two_numpy_jobs():
    worker = Worker("a", cores=2, memory_bytes=8 * GIGABYTE)
    assert free_worker(TENSORFLOW, [worker], []) == "a"
    assert free_worker(TENSORFLOW, [worker], [Occupied("a", "numpy")]) is None
    assert free_worker(NUMPY, [worker], [Occupied("a", "numpy")]) == "a"
    assert free_worker(NUMPY, [worker], [Occupied("a", "numpy")] * 2) is None
    assert free_worker(NUMPY, [worker], [Occupied("a", "tensorflow")]) is None


def test_memory_limits_what_a_worker_carries():
    worker = Worker("a", cores=16, memory_bytes=5 * GIGABYTE)
    assert free_worker(TENSORFLOW, [worker], [Occupied("a", "tensorflow")]) == "a"
    assert free_worker(TENSORFLOW, [worker], [Occupied("a", "tensorflow")] * 2) is None
    assert free_worker(NUMPY, [worker], [Occupied("a", "tensorflow")] * 2) == "a"


def test_an_empty_worker_takes_even_a_job_larger_than_itself():
    assert free_worker(TENSORFLOW, [Worker("a", cores=1, memory_bytes=GIGABYTE)], []) == "a"


def test_the_emptiest_worker_is_taken():
    workers = [Worker("a", 4, 0), Worker("b", 4, 0)]
    assert free_worker(NUMPY, workers, [Occupied("a", "numpy")]) == "b"


def test_only_resources_with_room_may_be_claimed():
    workers = [Worker("a", 2, 0)]
    assert allowed_resources(workers, []) == {"tensorflow", ONE_OF_MANY, "numpy"}
    assert allowed_resources(workers, [Occupied("a", "numpy")]) == {ONE_OF_MANY, "numpy"}
    assert allowed_resources(workers, [Occupied("a", ONE_OF_MANY)] * 2) == set()
    assert allowed_resources([], []) == set()


# --- the supervisor's patience


def test_a_forced_stop_is_immediate_and_a_polite_one_waits_ten_seconds():
    patience = supervisor.Patience(idle_seconds=0.0)
    assert not patience.is_over(("job", 1, 0), now=0.0)
    assert not patience.is_over(("job", 1, 1), now=5.0)
    assert not patience.is_over(("job", 1, 1), now=14.9)
    assert patience.is_over(("job", 1, 1), now=15.0)
    assert supervisor.Patience(idle_seconds=0.0).is_over(("job", 1, 2), now=0.0)


def test_the_next_job_of_a_runner_gets_its_own_ten_seconds():
    patience = supervisor.Patience(idle_seconds=0.0)
    patience.is_over(("first", 1, 1), now=0.0)
    assert not patience.is_over(("second", 1, 1), now=11.0)


def test_a_runner_that_lost_its_job_and_does_not_end_is_killed():
    patience = supervisor.Patience(idle_seconds=0.0)
    assert not patience.is_over(None, now=0.0)
    assert patience.is_over(None, now=10.0)
    warm = supervisor.Patience(idle_seconds=300.0)
    assert not warm.is_over(None, now=0.0)
    assert not warm.is_over(None, now=309.9)
    assert warm.is_over(None, now=310.0)


# --- exit codes, addresses, arguments


def test_an_exit_code_says_whose_fault_it_was():
    assert describe_exit(-9) == ("killed from outside or for lack of memory (signal 9)", True)
    assert describe_exit(77) == ("ended with exit code 77", True)
    assert describe_exit(113) == ("its supervisor was lost", False)
    assert not describe_exit(114)[1]


def test_a_scheduler_must_speak_tls_on_loopback_too(monkeypatch):
    near = ("tcp://127.0.0.1:8786", "127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:1")
    far = ("tcp://10.0.0.5:8786", "scheduler.example.org:8786", "tcp://0.0.0.0:8786")
    for address in ("tls://127.0.0.1:8786", "tls://scheduler.example.org:8786"):
        require_safe(address)
    for address in (*near, *far):
        with pytest.raises(StoreError, match=r"not protected.*use its tls:// address"):
            require_safe(address)
    monkeypatch.setenv("PARETO_LAB_PLAIN_SCHEDULER", "yes")
    for address in near:
        require_safe(address)
    for address in far:
        with pytest.raises(StoreError, match="not protected"):
            require_safe(address)


def test_an_engine_without_certificates_says_where_they_are_described():
    with pytest.raises(StoreError, match=r"no certificates for the Dask scheduler at tls://.*docs"):
        DaskCluster("tls://127.0.0.1:9")


def test_a_supervisor_that_stumbles_is_a_lost_worker(capsys):
    future = Future()
    future.set_exception(RuntimeError("no room for a process"))
    assert ending(future) == ("its worker was lost", False)
    assert "no room for a process" in capsys.readouterr().err  # the engine's log


def test_arguments_survive_the_command_line(tmp_path):
    args = RunnerArgs(tmp_path, "owner", "runner", "job", 3, "numpy", 1.5)
    assert RunnerArgs.from_arguments(args.to_arguments()) == args


# --- locks and logs


def test_a_lock_is_held_by_one_and_ends_with_its_process(tmp_path):
    path = tmp_path / "engine.lock"
    assert not is_held(path)
    code = (
        "import sys; from pathlib import Path; from core.jobs.engine.lock import FileLock;"
        "lock = FileLock(Path(sys.argv[1])); print(lock.acquire(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"True\n"
        assert is_held(path)
        with FileLock(path) as lock:
            assert not lock.acquire()
        holder.kill()
        holder.wait()
        assert not is_held(path)


def test_asking_for_the_lock_keeps_nobody_from_asking(tmp_path):
    path = tmp_path / "engine.lock"
    with FileLock(path) as first, FileLock(path) as second:
        assert first.acquire(shared=True)
        assert second.acquire(shared=True)


def test_a_lock_notices_that_its_file_was_replaced(tmp_path):
    path = tmp_path / "engine.lock"
    with FileLock(path) as lock:
        assert lock.acquire()
        assert lock.still_there()
        path.unlink()
        assert not lock.still_there()
        path.touch()
        assert not lock.still_there()


def test_a_lock_that_cannot_be_opened_names_its_folder_and_the_remedy(tmp_path):
    (tmp_path / "engine.lock").mkdir()
    with pytest.raises(StoreError, match=f"in {tmp_path} cannot be opened .* set PARETO_LAB_HOME"):
        is_held(tmp_path / "engine.lock")


def test_the_end_of_a_log_is_read_without_its_beginning(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("".join(f"line {n}\n" for n in range(100_000)))
    assert logs.tail(path, 2) == "line 99998\nline 99999"
    assert logs.tail(tmp_path / "none.log") == ""


def test_a_log_on_a_full_disk_loses_lines_not_the_job():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    stream = logs.TolerantStream(descriptor)
    assert stream.write("lost") == 4
    print("also lost", file=stream)
    os.close(descriptor)


# --- patience with the disk and the store


def test_work_is_tried_until_the_disk_has_room(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    told = []
    answers = iter([OSError(28, "No space left on device"), StoreBusy("locked"), 7])

    def work():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert retry_transient(work, told.append) == 7
    assert "Free some" in told[0]
    assert told[1] == "Waiting: locked"


def test_waiting_ends_when_the_user_wants_to_stop(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def full():
        raise OSError(28, "No space left on device")

    def stop():
        raise Stopped

    with pytest.raises(Stopped):
        retry_transient(full, check=stop)


def test_a_full_disk_is_waited_for_although_the_workspace_says_it_as_a_sentence(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    told, tries = [], iter([OSError(28, "No space left on device"), None])

    def work():
        if (trouble := next(tries)) is not None:
            raise StoreError("The folder cannot be made.") from trouble
        return 7

    assert retry_transient(work, told.append) == 7
    assert "Free some" in told[0]
    with pytest.raises(StoreError):
        retry_transient(lambda: Workspace(Path("/sys/kernel")).logs, told.append)


def test_only_troubles_that_pass_are_waited_for():
    assert passing_trouble(OSError("Can't write data (file write failed: errno = 28)"))
    assert passing_trouble(OSError(116, "Stale file handle"))
    assert passing_trouble(FileNotFoundError(2, "No such file")) is None
    with pytest.raises(FileNotFoundError):
        retry_transient(lambda: os.stat("/nowhere/at/all"))


# --- opening a store


def test_a_newer_store_is_refused_with_a_sentence(tmp_path):
    import sqlite3

    Store(f"sqlite:///{tmp_path / 'jobs.db'}").close()
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"has version 99.*Update Pareto Lab"):
        Store(f"sqlite:///{tmp_path / 'jobs.db'}")


def test_an_older_store_is_brought_up_to_date_once(tmp_path):
    import sqlalchemy as sa

    from core.jobs.store import schema

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    steps = [("ALTER TABLE job ADD COLUMN colour TEXT",), ("UPDATE job SET colour = 'red'",)]
    with engine.begin() as connection:
        assert schema.upgrade(connection, []) == (0, 1)
    with engine.begin() as connection:
        assert schema.upgrade(connection, steps) == (1, 3)
        assert "colour" in {c["name"] for c in sa.inspect(connection).get_columns("job")}
    with engine.begin() as connection:
        assert schema.upgrade(connection, steps) == (3, 3)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["mysql://x/y", "not an address", "", "postgresql://h:notaport/db", "://",
     "postgresql://[::1/db"],
)  # fmt: skip
def test_an_address_of_an_unknown_kind_is_refused(url):
    with pytest.raises(StoreError, match="PARETO_LAB_STORE is not an address"):
        Store(url)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "jobs.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreError, match="not a store of runs"):
        Store(f"sqlite:///{tmp_path / 'jobs.db'}")


@pytest.mark.parametrize(
    "address", ["lab:secret@127.0.0.1:1/lab", "lab@127.0.0.1:1/lab?password=secret"]
)
def test_a_server_that_does_not_answer_is_named_without_its_password(address):
    with pytest.raises(StoreBusy, match="does not answer") as caught:
        Store(f"postgresql://{address}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("round_", range(20))  # one round alone may be lucky
def test_many_programs_open_a_new_store_at_once(store_url, round_):
    barrier, failures = threading.Barrier(6), []

    def open_it():
        barrier.wait()
        try:
            Store(store_url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_runner_may_keep_what_it_was_planned_for_and_the_explorers_a_share_of_the_machine():
    """Else the explorer of a large network would score it anew at every move of its slider."""
    gigabyte = 1024**3
    assert TENSORFLOW.most_between_jobs(24 * gigabyte) == 2 * gigabyte
    explorer = RESOURCES["interactive"]
    assert explorer.most_between_jobs(24 * gigabyte) == 6 * gigabyte
    assert explorer.most_between_jobs(4 * gigabyte) == 2 * gigabyte
