"""The explorer keeps its newest answers and gives the others' space back."""

from core.jobs.runner.context import Context
from core.progress import Silent
from core.tasks.exploring import KEPT_PREVIEWS, forget_old_answers
from tests.jobs.told import told


def test_the_oldest_answers_go_a_few_at_a_time(store, workspace):
    answers = [
        store.submit(told("preview", {"sparsity": n / 100}), 0) for n in range(KEPT_PREVIEWS + 3)
    ]
    other = store.submit(told("curve"), 0)
    for id in (*answers, other):
        store.stop(id)
        workspace.artifacts(id).mkdir(parents=True)
    context = Context("none", "preview", {}, 0, Silent(), workspace, workspace.root, store)
    forget_old_answers(context)
    assert [job.id for job in store.jobs(kind="preview")] == answers[:1:-1]
    assert not workspace.artifacts(answers[0]).exists()
    for _ in range(3):
        forget_old_answers(context)
    assert [job.id for job in store.jobs(kind="preview")] == answers[:2:-1]
    assert len(store.jobs(kind="curve")) == 1
