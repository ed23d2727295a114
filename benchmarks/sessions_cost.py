"""What pages cost: one reading of a big frontier, and the server under several open tabs.

    python -m benchmarks.sessions_cost [--tabs 10] [--seconds 20]

The tabs watch a sweep that never ends, so that each of them polls once a second.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from core.evaluation.results import NetworkResult
from core.figures.frontier.chart import live_frontier
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease
from core.jobs.store.store import Store
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.activity import family, overview, top_level
from core.runs.labels import method_labels
from core.runs.network_list import NetworkList
from core.workspace import Workspace
from tests.browser.conftest import FLAGS, chromium_path, new_context, settle
from tests.browser.server import ROOT, serve
from tests.evaluation.points import point
from tests.runs.finished_lab import fill, finish

POINTS = 200


def milliseconds(work: Callable[[], object], times: int = 30) -> float:
    """Return the median time of `work`."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return 1000 * statistics.median(spent)


def grown(workspace: Workspace) -> tuple[Store, dict[str, str]]:
    """Return a store with a frontier of many points and a sweep that is at work."""
    ids = fill(workspace)
    store = Store(workspace.store_url)
    for number in range(POINTS):
        found = point(0.6 + number / 1000, 0.5 + number / 500, seed=number)
        spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=PrunePlan())
        result = NetworkResult(weights="my_model_weights.h5", shape=REFERENCE, point=found)
        finish(store, spec, result, number)
    sweep = store.submit(SweepSpec(data=ids["data"], dense=ids["dense"]), 0)
    claim = Dispatcher(store.database, "bench").claim("light", {"light"}, "bench")
    assert claim is not None
    assert claim.job_id == sweep
    Lease(store.database, claim.job_id, claim.attempt).start()
    return store, ids


def readings(store: Store, dense: str) -> dict[str, float]:
    """Return the milliseconds of what pages read."""
    found, known = family(store, dense), NetworkList(store)
    known.now()
    return {
        "revision (each poll)": milliseconds(store.revision),
        f"family of {POINTS} points (each change)": milliseconds(
            lambda: family(store, dense, known.now().networks)
        ),
        "its figure as JSON": milliseconds(
            lambda: json.dumps(live_frontier(found.all_points, method_labels()).figure())
        ),
        "list of runs": milliseconds(lambda: top_level(store, (), 40)),
        "home page's overview": milliseconds(lambda: overview(store, known.now().networks)),
    }


def server_share(url: str, address: str, tabs: int, seconds: float) -> float:
    """Return the share of one core that the server takes while `tabs` tabs are open."""
    port = int(url.rsplit(":", 1)[1])
    server = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if f"--server.port={port}" in (process.info["cmdline"] or [])
    )
    with sync_playwright() as playwright:
        path = chromium_path(playwright)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for _ in range(tabs):
            page = new_context(browser).new_page()
            page.goto(url + address)
            settle(page)
        time.sleep(3)
        before = sum(server.cpu_times()[:2])
        time.sleep(seconds)
        share = (sum(server.cpu_times()[:2]) - before) / seconds
        browser.close()
    return share


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="sessions-"))
    store, ids = grown(Workspace(home))
    for name, spent in readings(store, ids["dense"]).items():
        print(f"{name:40} {spent:7.1f} ms")
    address = f"/pruning?view=sweep&dense={ids['dense']}&data={ids['data']}"
    with serve(ROOT / "app.py", home) as url:
        for tabs in (1, arguments.tabs):
            share = server_share(url, address, tabs, arguments.seconds)
            print(f"server with {tabs:2} open tabs               {100 * share:7.1f} % of a core")


if __name__ == "__main__":
    main()
