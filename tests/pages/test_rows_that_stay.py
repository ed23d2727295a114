"""The row of progress of a run stays when the run ends: what is below must not jump up."""

import pytest

from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.preview.spec import CurveResult, CurveSpec, SensitivityResult, SensitivitySpec
from core.pruning.search.spec import CompeteSpec
from core.pruning.spec import PruneSpec
from tests.runs.finished_lab import begin, end

CURVE = CurveResult("magnitude", (), 40)
TABLE = SensitivityResult(("conv1",), (0.5,), ((0.7,),), 0.76, "magnitude")


def sensitivity(ids):
    return SensitivitySpec(data=ids["data"], dense=ids["dense"], method="magnitude"), TABLE


def curve(ids):
    return CurveSpec(data=ids["data"], dense=ids["dense"], method="magnitude"), CURVE


def single(ids):
    plan = PrunePlan(method="magnitude", sparsity=0.9)
    return PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan), None


def rows(test):
    return [bar.proto.text for bar in test.get("progress")]


@pytest.mark.parametrize(
    ("view", "made"), [("sensitivity", sensitivity), ("sensitivity", curve), ("one", single)]
)
def test_the_row_of_a_run_that_ends_while_it_is_looked_at_stays(filled_home, open_page, view, made):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    spec, result = made(ids)
    job = store.submit(spec, 0)
    lease = begin(store, job)
    test = open_page("pruning", data=ids["data"], dense=ids["dense"], view=view)
    assert not test.exception
    [before] = rows(test)
    assert not before.startswith("took")
    end(lease, result or store.get(ids["magnitude-0.95"]).result)
    test.run()
    [after] = rows(test)
    assert after.startswith("took ")
    again = open_page("pruning", data=ids["data"], dense=ids["dense"], view=view)
    assert rows(again) == []  # who comes later sees results alone
    store.close()


def test_a_competition_at_work_has_one_row_and_one_stop_button(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    begin(store, store.submit(CompeteSpec(data=ids["data"], minutes=2.0), 0))
    test = open_page("pruning", data=ids["data"], dense=ids["dense"], view="compete")
    assert not test.exception
    assert len(rows(test)) == 1
    assert [each.label for each in test.button].count("Stop") == 1
    store.close()
