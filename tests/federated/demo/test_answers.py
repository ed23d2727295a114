"""Answers between the grid's runs: processes beside the server compute what this one would."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil
import pytest

from core.errors import LabError, SettingsError
from core.federated.demo import pictures
from core.federated.demo.answers import Answers
from core.federated.demo.grid import table
from core.federated.demo.pool import Child, Pool
from core.federated.demo.spec import DemoRun
from core.federated.demo.task import Task
from core.federated.federate import federate

pytestmark = pytest.mark.slow  # real runs in real processes
RUN = DemoRun(1.3, 3, 6, "scaffold")
OTHER = replace(RUN, heterogeneity=0.3)


class CountingPool(Pool):
    """Remembers what it was asked to make."""

    def __init__(self, processes):
        super().__init__(processes)
        self.made = []

    def submit(self, task):
        self.made.append(task.make)
        return super().submit(task)


@pytest.fixture(scope="module")
def answers():
    pool = CountingPool(2)
    yield Answers(pool)
    pool.end()


def test_a_curve_between_the_grids_runs_is_the_runs_own_history_bit_for_bit(answers):
    for run, picture in zip(
        (RUN, OTHER), answers.pictures([("curves", RUN), ("curves", OTHER)]), strict=True
    ):
        np.testing.assert_array_equal(pictures.unpack(picture.records), table(federate(run.spec)))


def test_paths_are_those_that_this_process_would_compute(answers):
    asked = [("two", RUN), ("two", OTHER)]
    assert answers.pictures(asked) == [pictures.toy_picture(run) for _, run in asked]


def test_planes_asked_together_share_their_ranges_and_nothing_is_simulated_twice(answers):
    asked = [(view, run) for view in ("curves", "plane") for run in (RUN, OTHER)]
    answers.pool.made.clear()
    *curves, one, other = answers.pictures(asked)
    assert sorted(answers.pool.made) == ["plane", "plane", "walk", "walk"]
    assert one.box == other.box
    walks = [pictures.walked(run) for run in (RUN, OTHER)]
    assert curves == [each.curves for each in walks]
    assert one == pictures.plane_picture(RUN, walks[0], pictures.common_box(walks))
    answers.pool.made.clear()
    assert answers.pictures(asked) == [*curves, one, other]
    assert not answers.pool.made


def test_what_moves_no_number_is_no_new_question(answers):
    """FedAvg has no mu, mini-batch SGD no K."""
    (first,) = answers.pictures([("curves", DemoRun(0.3, 1, 6, "minibatch_sgd"))])
    answers.pool.made.clear()
    (again,) = answers.pictures([("curves", DemoRun(0.3, 77, 6, "minibatch_sgd", mu=3.0))])
    assert again == first
    assert not answers.pool.made


def test_a_view_that_does_not_exist_is_refused(answers):
    with pytest.raises(SettingsError, match="no view 'banana'"):
        answers.pictures([("banana", RUN)])


def test_what_a_child_refuses_is_said_by_its_parent(answers):
    task = Task("curves", replace(RUN))
    object.__setattr__(task.run, "local_steps", 0)  # as no slider can
    with pytest.raises(LabError, match="local_steps"):
        answers.pool.submit(task).result()


def test_a_process_that_dies_is_said_and_the_next_question_has_a_new_one():
    class Dying(Child):
        def start(self):
            self._process = subprocess.Popen(
                [sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            return self._process

    with pytest.raises(LabError, match="Move the slider again"):
        Dying().ask(Task("curves", RUN))
    child = Child()
    first = child.start()
    first.kill()
    first.wait()
    assert child.ask(Task("curves", RUN)).labels.shape == (30, 10)
    child.end()


def test_who_asks_for_what_is_being_computed_waits_for_the_same(answers):
    """A page that runs again while its answer is computed asks again."""
    run = replace(RUN, heterogeneity=0.7, local_steps=150)
    answers.pool.made.clear()
    with ThreadPoolExecutor(3) as pages:
        found = list(pages.map(answers.pictures, [[("curves", run)]] * 3))
    assert found[0] == found[1] == found[2]
    assert answers.pool.made == ["curves"]


def test_what_is_done_is_not_computed_again_while_its_question_waits_for_more(answers):
    quick, held = DemoRun(0.2, 1, 6), Future()

    class Holding(CountingPool):
        def submit(self, task):
            future = super().submit(task)
            return future if task.run == quick else held

    pool = Holding(1)
    slow = Answers(pool)
    with ThreadPoolExecutor(1) as page:
        first = page.submit(slow.pictures, [("curves", quick), ("curves", RUN)])
        again = [slow.pictures([("curves", quick)]) for _ in range(2)]
        waited = not first.done()
        held.set_result(answers.pictures([("curves", RUN)])[0])
    assert waited
    assert first.result()[0] == again[0][0] == again[1][0]
    assert pool.made == ["curves", "curves"]
    pool.end()


def test_a_server_that_is_told_to_end_waits_for_no_answer():
    """Python waits for an executor's threads before it ends: all forty would be computed."""
    script = (
        "import atexit; from core.federated.demo.answers import answers;"
        "from core.federated.demo.task import Task; from core.federated.demo.spec import DemoRun;"
        "asked = []; atexit.register(lambda: print(sum(each.done() and not each.exception() "
        "for each in asked)));"
        "asked += [answers().pool.submit(Task('curves', DemoRun(1.0, 199))) for _ in range(40)]"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 40
    assert "Traceback" not in ended.stderr


def test_processes_end_with_the_server_however_it_ends():
    script = (
        "import sys; from core.federated.demo.pool import Pool; pool = Pool(2); pool.start(2);"
        "print(*[child.start().pid for child in pool.children], flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as server:
        children = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        server.kill()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert len(children) == 2
    assert not alive
