"""One contract for both stores: SQLite and PostgreSQL."""

import math
import threading

import pytest

from core.errors import JobError, NotFoundError, SettingsError
from core.jobs.resources import ONE_OF_MANY
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Fenced, Lease, Update
from core.jobs.store.store import Child, Store
from core.progress import Stopped
from tests.jobs.told import told


def submit(store, seed=0, kind="descend", **settings):
    return store.submit(told(kind, settings), seed)


def start(store, dispatcher, runner="r1", lane="background"):
    """Claim the next job and begin it; return its lease."""
    claim = dispatcher.claim(lane, {"numpy", "tensorflow", "interactive", "light"}, runner)
    lease = Lease(store.database, claim.job_id, claim.attempt)
    lease.start()
    return lease


@pytest.fixture
def dispatcher(contract_store):
    return Dispatcher(contract_store.database, "engine-1")


def test_the_same_inputs_are_the_same_job(contract_store):
    first = contract_store.submit(told("train", {"epochs": 3, "rate": 0.1}), 7)
    assert contract_store.submit(told("train", {"rate": 0.1, "epochs": 3}), 7) == first
    assert contract_store.submit(told("train", {"rate": 0.1, "epochs": 3}), 8) != first
    assert len(contract_store.jobs()) == 2


def test_two_clicks_at_once_make_one_job(contract_store):
    barrier = threading.Barrier(8)
    ids = []

    def click():
        barrier.wait()
        ids.append(contract_store.submit(told("train", {"epochs": 3}), 7))

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert len(contract_store.jobs()) == 1


def test_settings_that_are_not_json_are_refused_with_a_sentence(contract_store):
    with pytest.raises(SettingsError, match="Use finite numbers"):
        contract_store.submit(told("train", {"rate": math.nan}), 0)
    with pytest.raises(SettingsError, match="Use finite numbers"):
        contract_store.submit(told("train", {"rate": object()}), 0)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5])
def test_a_seed_the_store_cannot_keep_is_refused(contract_store, seed):
    with pytest.raises(SettingsError, match="whole number from 0"):
        contract_store.submit(told("train"), seed)


def test_texts_of_any_kind_can_be_stored(contract_store, dispatcher):
    submit(contract_store, note="zero \x00, surrogate \ud800, emoji 🙂")
    lease = start(contract_store, dispatcher)
    lease.beat(Update(message="zero \x00, surrogate \ud800, emoji 🙂"))
    lease.settle("failed", {"text": "\x00\ud800"}, error="\x00" + "long " * 10_000)
    job = contract_store.get(lease.job_id)
    assert job.message == "zero , surrogate ?, emoji 🙂"
    assert job.settings == {"note": "zero \x00, surrogate \ud800, emoji 🙂"}
    assert job.error == ("long " * 10_000)[:20_000]


def test_an_unknown_run_is_a_friendly_error(contract_store):
    with pytest.raises(NotFoundError, match=r"no run '\.\./\.\./etc/passwd' here"):
        contract_store.get("../../etc/passwd")


def test_jobs_are_listed_newest_first_and_filtered(contract_store, dispatcher):
    ids = [submit(contract_store, seed) for seed in range(3)]
    other = contract_store.submit(told("sweep"), 0)
    assert [job.id for job in contract_store.jobs()] == [other, *reversed(ids)]
    assert [job.id for job in contract_store.jobs(kind="descend", limit=2)] == [ids[2], ids[1]]
    lease = start(contract_store, dispatcher)
    assert [job.id for job in contract_store.jobs(states=["running"])] == [lease.job_id]
    contract_store.stop(lease.job_id)
    assert contract_store.jobs(states=["running"]) == []
    assert [job.id for job in contract_store.jobs(states=["stopping"])] == [lease.job_id]
    assert contract_store.counts() == {"queued": 3, "running": 1}


def test_a_claim_counts_the_attempt_and_is_given_once(contract_store, dispatcher):
    id = submit(contract_store)
    claim = dispatcher.claim("background", {"numpy"}, "r1")
    assert (claim.job_id, claim.attempt) == (id, 1)
    assert contract_store.get(id).state == "dispatched"
    assert dispatcher.claim("background", {"numpy"}, "r2") is None


def test_eight_engines_never_claim_one_job_twice(contract_store, store_url):
    ids = {submit(contract_store, seed) for seed in range(40)}
    claimed = []

    def take(name):
        store = Store(store_url)
        dispatcher = Dispatcher(store.database, name)
        misses = 0
        while misses < 3:
            claim = dispatcher.claim("background", {"numpy"}, name)
            misses = 0 if claim else misses + 1
            if claim:
                claimed.append(claim.job_id)
        store.close()

    threads = [threading.Thread(target=take, args=(f"engine-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert set(claimed) == ids


def test_the_queue_is_never_overtaken_by_a_smaller_job(contract_store, dispatcher):
    large = contract_store.submit(told("train"), 0)
    submit(contract_store)
    assert dispatcher.claim("background", {"numpy"}, "r1") is None
    assert dispatcher.claim("background", {"numpy", "tensorflow"}, "r1").job_id == large


def test_a_higher_priority_goes_first(contract_store, dispatcher):
    submit(contract_store, seed=0)
    urgent = contract_store.submit(told("descend"), 1, priority=1)
    assert dispatcher.claim("background", {"numpy"}, "r1").job_id == urgent


def test_families_take_turns_in_the_queue(contract_store, dispatcher):
    a = contract_store.submit(told("sweep", {"name": "a"}), 0)
    b = contract_store.submit(told("sweep", {"name": "b"}), 0)
    points_a = contract_store.submit_children(
        a, [Child(told("descend", {"a": i}), 0) for i in range(3)]
    )
    points_b = contract_store.submit_children(
        b, [Child(told("descend", {"b": i}), 0) for i in range(3)]
    )
    order = [dispatcher.claim("background", {"numpy"}, f"r{n}").job_id for n in range(6)]
    taken = [(points_a[i].id, points_b[i].id) for i in range(3)]
    assert order == [id for pair in taken for id in pair]


def test_a_parent_may_say_what_its_children_need(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    wanted = [Child(told("prune", {"n": n}), 0, ONE_OF_MANY) for n in range(2)]
    points = contract_store.submit_children(sweep, wanted)
    assert dispatcher.claim("background", {"tensorflow"}, "r1") is None
    claims = [dispatcher.claim("background", {ONE_OF_MANY}, f"r{n}") for n in range(2)]
    assert [(c.job_id, c.resources) for c in claims] == [(p.id, ONE_OF_MANY) for p in points]


def test_a_single_run_does_not_wait_behind_a_long_sweep(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    contract_store.submit_children(sweep, [Child(told("descend", {"n": i}), 0) for i in range(40)])
    for n in range(5):
        dispatcher.claim("background", {"numpy"}, f"r{n}")
    single = submit(contract_store, seed=99)
    # Five points went; the sixth has had its turn number reached, so at most one goes before.
    order = [dispatcher.claim("background", {"numpy"}, f"s{n}").job_id for n in range(2)]
    assert single in order


def test_the_newest_preview_is_answered_first(contract_store, dispatcher):
    contract_store.submit(told("preview", {"sparsity": 0.1}), 0)
    newest = contract_store.submit(told("preview", {"sparsity": 0.2}), 0)
    assert dispatcher.claim("interactive", {"interactive"}, "r1").job_id == newest


def test_a_beat_writes_progress_and_metrics_together(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    metrics = {("loss", 1): 0.5, ("loss", 2): 0.25, ("accuracy", 1): 0.9}
    assert lease.beat(Update(done=2, total=8, message="two", metrics=metrics)) == 0
    job = contract_store.get(lease.job_id)
    assert (job.done, job.total, job.message, job.share_done) == (2.0, 8.0, "two", 0.25)
    assert contract_store.metrics(job.id) == {"accuracy": [(1, 0.9)], "loss": [(1, 0.5), (2, 0.25)]}
    assert contract_store.metrics(job.id, after_step=1) == {"loss": [(2, 0.25)]}


def test_a_step_written_twice_is_replaced_not_doubled(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    lease.beat(Update(metrics={("loss", 1): 0.5}))
    lease.beat(Update(metrics={("loss", 1): 0.4}))
    assert contract_store.metrics(lease.job_id) == {"loss": [(1, 0.4)]}


def test_metrics_may_be_infinite_or_not_a_number(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    lease.beat(Update(metrics={("loss", 1): math.inf, ("loss", 2): math.nan}))
    (_, first), (_, second) = contract_store.metrics(lease.job_id)["loss"]
    assert first == math.inf
    assert math.isnan(second)


def test_every_write_of_a_lost_attempt_is_refused(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    lease.beat(Update(metrics={("loss", 1): 0.5}))
    dispatcher.runner_ended("r1", "test", own_fault=False)
    for write in (
        lease.start,
        lease.stop_asked,
        lease.wait_for_children,
        lambda: lease.beat(Update(metrics={("loss", 1): 9.0})),
        lambda: lease.note("anything"),
        lambda: lease.settle("done", {"answer": 1}),
    ):
        with pytest.raises(Fenced):
            write()
    second = start(contract_store, dispatcher, "r2")
    assert second.attempt == 2
    with pytest.raises(Fenced):
        lease.beat(Update(metrics={("loss", 1): 9.0}))
    assert contract_store.metrics(lease.job_id) == {"loss": [(1, 0.5)]}


def test_a_result_is_read_back_as_it_was(contract_store, dispatcher):
    import numpy as np

    submit(contract_store)
    lease = start(contract_store, dispatcher)
    lease.settle("done", {"accuracy": np.float32(0.5), "counts": np.arange(3), "nothing": None})
    job = contract_store.get(lease.job_id)
    assert job.state == "done"
    assert job.result == {"accuracy": 0.5, "counts": [0, 1, 2], "nothing": None}


def test_three_crashes_fail_a_job_with_the_end_of_its_log(contract_store, dispatcher):
    id = submit(contract_store)
    for attempt in (1, 2, 3):
        lease = start(contract_store, dispatcher, f"r{attempt}")
        assert lease.attempt == attempt
        dispatcher.runner_ended(f"r{attempt}", "signal 11", own_fault=True, log_end="last words")
    job = contract_store.get(id)
    assert (job.state, job.crashes) == ("failed", 3)
    assert "crashed 3 times" in job.error
    assert "last words" in job.error


def test_a_checkpoint_between_crashes_starts_the_count_anew(contract_store, dispatcher):
    id = submit(contract_store)
    for attempt in range(1, 6):
        lease = start(contract_store, dispatcher, f"r{attempt}")
        lease.beat(Update(checkpoints=[{"name": f"{attempt}.npz", "sha256": "", "size_bytes": 1}]))
        dispatcher.runner_ended(f"r{attempt}", "killed", own_fault=True)
    assert contract_store.get(id).state == "queued"


def test_a_job_that_loses_its_machine_ten_times_is_abandoned(contract_store, dispatcher):
    id = submit(contract_store)
    for attempt in range(10):
        assert contract_store.get(id).state == "queued"
        start(contract_store, dispatcher, f"r{attempt}")
        dispatcher.runner_ended(f"r{attempt}", "engine lost", own_fault=False)
    job = contract_store.get(id)
    assert (job.state, job.crashes) == ("abandoned", 0)
    contract_store.resume(id)
    assert contract_store.get(id).state == "queued"


def test_telling_twice_that_a_runner_ended_counts_once(contract_store, dispatcher):
    id = submit(contract_store)
    start(contract_store, dispatcher)
    for _ in range(2):
        dispatcher.runner_ended("r1", "killed", own_fault=True)
    assert contract_store.get(id).crashes == 1


def test_a_dead_engine_is_adopted_without_blame(contract_store, dispatcher):
    ids = [submit(contract_store, seed) for seed in range(2)]
    dispatcher.beat("here:/lab", 1, "", "")
    for n in range(2):
        start(contract_store, dispatcher, f"r{n}")
    heir = Dispatcher(contract_store.database, "engine-2")
    assert heir.adopt("engine-1") == 2
    assert heir.adopt("engine-1") == 0
    assert {(contract_store.get(id).state, contract_store.get(id).crashes) for id in ids} == {
        ("queued", 0)
    }
    assert not dispatcher.may_continue()


def test_a_job_that_was_claimed_but_never_started_is_given_back(contract_store, dispatcher):
    kept, lost = (submit(contract_store, seed) for seed in range(2))
    dispatcher.claim("background", {"numpy"}, "known")
    dispatcher.claim("background", {"numpy"}, "unknown")
    assert dispatcher.reclaim({"known"}) == 1
    assert dispatcher.reclaim({"known"}) == 0
    assert contract_store.get(kept).state == "dispatched"
    assert contract_store.get(lost).state == "queued"


def test_a_queued_job_that_is_stopped_never_starts(contract_store, dispatcher):
    id = submit(contract_store)
    assert contract_store.stop(id) == "stopped"
    assert dispatcher.claim("background", {"numpy"}, "r1") is None


def test_a_running_job_is_stopping_until_it_has_stopped(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    assert contract_store.stop(lease.job_id) == "stopping"
    assert lease.beat(Update()) == 1
    assert contract_store.stop(lease.job_id, force=True) == "stopping"
    assert lease.stop_asked() == 2
    lease.settle("stopped")
    assert contract_store.get(lease.job_id).state == "stopped"


def test_stopping_twice_is_one_wish(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    for _ in range(3):
        contract_store.stop(lease.job_id)
    assert [e.kind for e in contract_store.events(lease.job_id)].count("stop asked") == 1


def test_a_crash_of_a_stopping_job_is_a_stop(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    contract_store.stop(lease.job_id, force=True)
    dispatcher.runner_ended("r1", "signal 9", own_fault=True)
    assert contract_store.get(lease.job_id).state == "stopped"


def test_resume_keeps_the_checkpoint_and_retry_forgets_it(contract_store, dispatcher):
    id = submit(contract_store)
    pointer = {"name": "1-1.npz", "sha256": "aa", "size_bytes": 3}
    lease = start(contract_store, dispatcher)
    lease.beat(Update(metrics={("loss", 1): 1.0}, checkpoints=[pointer]))
    lease.settle("stopped")
    contract_store.resume(id)
    claim = dispatcher.claim("background", {"numpy"}, "r2")
    second = Lease(contract_store.database, id, claim.attempt)
    assert second.start() == [pointer]
    second.settle("stopped")
    contract_store.retry(id)
    assert contract_store.metrics(id) == {}
    claim = dispatcher.claim("background", {"numpy"}, "r3")
    assert Lease(contract_store.database, id, claim.attempt).start() == []


def test_submitting_a_stopped_job_again_resumes_it(contract_store):
    id = submit(contract_store)
    contract_store.stop(id)
    assert submit(contract_store) == id
    assert contract_store.get(id).state == "queued"


def test_only_a_run_that_ended_early_can_be_resumed(contract_store):
    id = submit(contract_store)
    with pytest.raises(JobError, match="is queued"):
        contract_store.resume(id)


def test_a_run_at_work_cannot_be_deleted(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    with pytest.raises(JobError, match="Stop it before deleting it"):
        contract_store.delete(lease.job_id)


def test_deleting_a_run_deletes_what_belongs_to_it(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    lease.beat(Update(metrics={("loss", 1): 1.0}))
    lease.settle("done", {})
    assert contract_store.delete(lease.job_id) == [lease.job_id]
    assert contract_store.jobs() == []
    assert contract_store.metrics(lease.job_id) == {}
    assert [event.kind for event in contract_store.events()] == ["deleted"]


def test_a_point_of_two_sweeps_is_one_job_and_outlives_either(contract_store):
    a, b = (contract_store.submit(told("sweep", {"name": name}), 0) for name in "ab")
    [point] = contract_store.submit_children(a, [Child(told("descend"), 0)])
    assert contract_store.submit_children(b, [Child(told("descend"), 0)]) == [point]
    contract_store.stop(a)
    assert contract_store.get(point.id).state == "queued"
    contract_store.delete(a)
    assert contract_store.jobs(parent=b) == [point]
    contract_store.stop(b)
    assert contract_store.get(point.id).state == "stopped"
    assert contract_store.delete(b) == [b, point.id]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_point_of_two_sweeps_is_stopped_with_the_second_of_them(contract_store, order):
    a, b = (contract_store.submit(told("sweep", {"name": name}), 0) for name in "ab")
    [point] = contract_store.submit_children(a, [Child(told("descend"), 0)])
    contract_store.submit_children(b, [Child(told("descend"), 0)])
    first, second = ({"a": a, "b": b}[name] for name in order)
    contract_store.stop(first)
    assert contract_store.get(point.id).state == "queued"
    contract_store.stop(second)
    assert contract_store.get(point.id).state == "stopped"
    assert contract_store.delete(first) == [first]
    assert contract_store.delete(second) == [second, point.id]


def test_what_two_sweeps_share_goes_with_both_of_them(contract_store):
    a, b = (contract_store.submit(told("sweep", {"name": name}), 0) for name in "ab")
    [point] = contract_store.submit_children(a, [Child(told("descend"), 0)])
    contract_store.submit_children(b, [Child(told("descend"), 0)])
    assert contract_store.own_family(a) == contract_store.own_family(b) == []
    assert contract_store.own_family(a, b) == [point.id]


def test_a_part_is_not_deleted_while_its_sweep_works_with_it(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    parent = start(contract_store, dispatcher, "p1", lane="light")
    [point] = contract_store.submit_children(sweep, [Child(told("descend"), 0)])
    start(contract_store, dispatcher, "r1").settle("done", {})
    with pytest.raises(JobError, match=f"Run {sweep} is still at work and needs this one"):
        contract_store.delete(point.id)
    parent.settle("done", {})
    assert contract_store.delete(point.id) == [point.id]


def test_a_failed_part_stays_a_result_of_a_parent_that_was_stopped_later(
    contract_store, dispatcher
):
    """A competition's try that failed is worth nothing; tried again it would take other times."""
    sweep = contract_store.submit(told("sweep"), 0)
    parent = start(contract_store, dispatcher, "p1", lane="light")
    wanted = [Child(told("descend"), seed) for seed in range(2)]
    failed, stopped = contract_store.submit_children(sweep, wanted)
    start(contract_store, dispatcher, "r1").settle("failed", error="no")
    contract_store.stop(sweep)
    parent.settle("stopped")
    contract_store.resume(sweep)
    states = [contract_store.get(each.id).state for each in (failed, stopped)]
    assert states == ["failed", "queued"]
    contract_store.stop(sweep)
    contract_store.retry(sweep)
    states = [contract_store.get(each.id).state for each in (failed, stopped)]
    assert states == ["queued", "queued"]


def test_a_point_that_a_person_starts_as_well_is_the_persons_own(contract_store):
    sweep = contract_store.submit(told("sweep"), 0)
    wanted = [Child(told("descend"), seed) for seed in range(2)]
    own, other = contract_store.submit_children(sweep, wanted)
    before = contract_store.revision()
    assert submit(contract_store) == own.id
    assert contract_store.revision() != before
    assert [job.id for job in contract_store.jobs(listed_without=())] == [own.id, sweep]
    assert [job.id for job in contract_store.submit_children(sweep, wanted)] == [own.id, other.id]
    contract_store.stop(sweep)
    assert contract_store.get(own.id).state == "queued"
    assert contract_store.get(other.id).state == "stopped"
    assert contract_store.delete(sweep) == [sweep, other.id]
    assert contract_store.get(own.id).state == "queued"


def test_a_stopped_point_that_a_person_starts_goes_on_as_the_persons_own(contract_store):
    sweep = contract_store.submit(told("sweep"), 0)
    [point] = contract_store.submit_children(sweep, [Child(told("descend"), 0)])
    contract_store.stop(sweep)
    submit(contract_store)
    assert contract_store.get(point.id).state == "queued"
    assert contract_store.delete(sweep) == [sweep]


def test_stopping_a_parent_stops_its_children(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    points = contract_store.submit_children(sweep, [Child(told("descend"), n) for n in range(2)])
    running = start(contract_store, dispatcher)
    contract_store.stop(sweep)
    states = {contract_store.get(point.id).state for point in points}
    assert states == {"stopping", "stopped"}
    assert running.stop_asked() == 1


def test_a_parent_that_was_stopped_meanwhile_orders_nothing(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    start(contract_store, dispatcher, lane="light")
    told_before = contract_store.get(sweep)
    contract_store.stop(sweep)  # a stop that falls between looking and ordering
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract_store, "get", lambda id: told_before)
        with pytest.raises(Stopped):
            contract_store.submit_children(sweep, [Child(told("descend"), 0)])
    assert contract_store.jobs(parent=sweep) == []


def test_a_waiting_parent_wakes_when_its_last_child_ends(contract_store, dispatcher):
    sweep = contract_store.submit(told("sweep"), 0)
    parent = start(contract_store, dispatcher, "p1", lane="light")
    contract_store.submit_children(sweep, [Child(told("descend"), n) for n in range(2)])
    parent.wait_for_children()
    assert contract_store.get(sweep).state == "waiting"
    assert contract_store.get(sweep).shown_state == "running"
    start(contract_store, dispatcher, "r1").settle("done", {})
    assert dispatcher.wake_parents() == 0
    assert contract_store.get(sweep).message == "1 of 2 runs finished"
    start(contract_store, dispatcher, "r2").settle("failed", error="no")
    assert dispatcher.wake_parents() == 1
    assert contract_store.get(sweep).state == "queued"


def test_a_failed_child_is_not_run_again_by_its_own_parent_but_by_a_resume(
    contract_store, dispatcher
):
    sweep = contract_store.submit(told("sweep"), 0)
    parent = start(contract_store, dispatcher, "p1", lane="light")
    wanted = [Child(told("descend"), 0)]
    contract_store.submit_children(sweep, wanted)
    start(contract_store, dispatcher, "r1").settle("failed", error="no")
    [child] = contract_store.submit_children(sweep, wanted)
    assert child.state == "failed"
    parent.settle("failed", error="a point failed")
    contract_store.resume(sweep)
    assert contract_store.get(child.id).state == "queued"


def test_the_revision_changes_with_every_change_and_only_then(contract_store, dispatcher):
    seen = [contract_store.revision()]

    def changed():
        seen.append(contract_store.revision())
        assert seen[-1] == contract_store.revision()
        return seen[-1] not in seen[:-1]

    id = submit(contract_store)
    assert changed()
    lease = start(contract_store, dispatcher)
    assert changed()
    own = contract_store.revision(id)
    lease.beat(Update(metrics={("loss", 1): 1.0}))
    assert changed()
    assert contract_store.revision(id) != own
    own = contract_store.revision(id)
    other = submit(contract_store, seed=1)
    assert changed()
    assert contract_store.revision(id) == own
    contract_store.stop(other)
    contract_store.delete(other)
    assert changed()


def test_the_history_of_a_job_is_told_in_order(contract_store, dispatcher):
    submit(contract_store)
    lease = start(contract_store, dispatcher)
    dispatcher.runner_ended("r1", "signal 11", own_fault=True)
    start(contract_store, dispatcher, "r2").settle("done", {})
    events = contract_store.events(lease.job_id)
    assert [(event.kind, event.attempt) for event in events] == [
        ("submitted", 0),
        ("dispatched", 1),
        ("running", 1),
        ("crashed", 1),
        ("dispatched", 2),
        ("running", 2),
        ("done", 2),
    ]
    assert events[3].detail == {"why": "signal 11", "then": "queued"}
    assert contract_store.events(lease.job_id, after=events[5].id) == events[6:]


def test_an_engine_hears_that_it_should_leave(contract_store, dispatcher):
    from core.jobs.store.dispatch import ask_to_leave, engines

    assert not dispatcher.beat("here:/lab", 1, "tcp://127.0.0.1:1", "")
    [row] = engines(contract_store.database)
    assert (row.owner, row.location, row.beat, row.leave) == ("engine-1", "here:/lab", 1, False)
    ask_to_leave(contract_store.database, "here:/lab")
    assert dispatcher.beat("here:/lab", 2, "", "")
    assert not dispatcher.may_continue()
