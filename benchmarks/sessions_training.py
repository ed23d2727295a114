"""How much open sessions slow a running training: windows with and without them, in turn.

    python -m benchmarks.sessions_training [--sessions 20] [--seconds 20] [--rounds 3]

A session here is the browser's half of Streamlit's protocol without the browser: visitors bring
processors of their own. It opens the page, and repeats what the page asks to be repeated.
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.data import store as datasets
from core.data.builtin_datasets import garments
from core.jobs.store.store import Store
from core.training.recipe import Recipe
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.browser.server import ROOT, serve


async def visit(url: str, page: str, query: str, answers: list[float]) -> None:
    """Be one session until cancelled; note in `answers` when a run of the script has finished."""
    address = url.replace("http", "ws") + "/_stcore/stream"
    async with websockets.connect(address, subprotocols=["streamlit"], max_size=None) as socket:
        await socket.send(_rerun(page, query))
        repeated: dict[str, asyncio.Task] = {}
        async for packet in socket:
            message = ForwardMsg.FromString(packet)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                answers.append(time.monotonic())
            if kind == "auto_rerun" and message.auto_rerun.fragment_id not in repeated:
                fragment, interval = message.auto_rerun.fragment_id, message.auto_rerun.interval
                again = _repeat(socket, _rerun(page, query, fragment), interval)
                repeated[fragment] = asyncio.create_task(again)


async def _repeat(socket: websockets.ClientConnection, request: bytes, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        await socket.send(request)


def _rerun(page: str, query: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = bool(fragment)
    return message.SerializeToString()


@contextmanager
def visitors(count: int, url: str, query: str) -> Iterator[list[float]]:
    """Have that many sessions open on the training page; yield the times of their answers."""
    answers: list[float] = []

    over = threading.Event()

    async def everybody() -> None:
        sessions = [visit(url, "training", query, answers) for _ in range(count)]
        tasks = [asyncio.create_task(session) for session in sessions]
        await asyncio.to_thread(over.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(everybody()))
    thread.start()
    time.sleep(5.0 if count else 0.0)  # opening is not what is measured
    yield answers
    over.set()
    thread.join()


def steps_per_second(store: Store, job_id: str, seconds: float) -> float:
    """Return the speed of a training over the next `seconds`."""
    started, before = time.monotonic(), store.get(job_id).done
    time.sleep(seconds)
    return (store.get(job_id).done - before) / (time.monotonic() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    workspace = Workspace(Path(tempfile.mkdtemp(prefix="sessions-")))
    data = datasets.save(workspace, garments())
    store = Store(workspace.store_url)
    spec = TrainSpec(data=data, recipe=Recipe(epochs=400))
    speeds: dict[int, list[float]] = {0: [], arguments.sessions: []}
    with serve(ROOT / "app.py", workspace.root) as url:
        job = store.submit(spec, 0)
        query = f"data={data}&run={job}"
        with visitors(1, url, query):  # the page of an unfinished run starts the engine
            while store.metrics(job).get("accuracy") is None:
                time.sleep(0.5)
        for _ in range(arguments.rounds):
            for count in speeds:
                with visitors(count, url, query) as answers:
                    answers.clear()
                    speeds[count].append(steps_per_second(store, job, arguments.seconds))
                    print(f"{count:3} sessions {speeds[count][-1]:7.2f} steps/s", end="")
                    print(f" {len(answers) / arguments.seconds:7.1f} answers/s", flush=True)
        store.stop(job, force=True)
    alone, watched = (statistics.median(each) for each in speeds.values())
    print(f"{arguments.sessions} sessions slow the training by {1 - watched / alone:.1%}")


if __name__ == "__main__":
    main()
