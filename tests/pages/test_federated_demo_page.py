"""The FedAvg demo's page without a browser: it opens, answers, refuses, and starts a grid."""

import pytest

from core.federated.demo.grid import compute_grid, write
from core.federated.demo.spec import FederatedGridSpec
from core.jobs.store.store import Store
from core.runs.specs import spec_of
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import finish

pytestmark = pytest.mark.slow  # whole pages


def test_the_demo_opens_in_an_empty_lab(empty_home, open_page):
    test = open_page("federated_demo")
    assert not test.exception
    assert not test.error
    assert "FedAvg demo" in all_text(test)


def test_another_draw_is_computed_by_a_job(empty_home, open_page):
    test = open_page("federated_demo")
    test.expander[0].open = True
    test.session_state["demo-draw"] = True
    test.run()
    button(test, "Compute its grid").click().run()
    store = Store(empty_home.store_url)
    (job,) = store.jobs(kind=FederatedGridSpec.kind)
    store.close()
    assert spec_of(job) == FederatedGridSpec(data_seed=2)
    assert test.query_params["grid"] in (job.id, [job.id])


def test_a_finished_grid_is_shown_from_its_address(empty_home, open_page):
    spec = FederatedGridSpec(
        data_seed=5, rounds=1, heterogeneities=(1.0,), local_steps=(1,), clients=(30,),
        algorithms=("fedavg",),
    )  # fmt: skip
    store = Store(empty_home.store_url)
    job_id = finish(store, spec, {"file": "grid.npz", "runs": 2, "seconds": 1.0})
    store.close()
    folder = empty_home.artifacts(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grid.npz").write_bytes(write(compute_grid(spec)))
    test = open_page("federated_demo", grid=job_id)
    assert not test.exception
    assert not test.error
    (folder / "grid.npz").write_bytes(b"damaged")
    assert not open_page("federated_demo", grid=job_id).exception
