"""Processes beside the web server: two runs take no longer than one, and pages stay quick."""

import contextlib
import json
import subprocess
from concurrent.futures import Future
from os import environ
from queue import LifoQueue
from threading import Lock, Thread

from core.errors import LabError
from core.federated.demo.task import ANSWERS, Task
from core.processes import module_command, module_variables
from core.records import Record

# Every process works alone on many small products: threads of its own only wait for one another.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ENDED = "The computation ended before its answer. Move the slider again, or reload the page."


class Child:
    """One process; started when it is first asked, and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._starting = Lock()

    def start(self) -> "subprocess.Popen[str]":
        """Return the process, alive."""
        with self._starting:
            if self._process is None or self._process.poll() is not None:
                self.end()
                self._process = _started()
            return self._process

    def ask(self, task: Task) -> Record:
        """Return the answer to a task. Raises LabError as the child does, and if it died."""
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{json.dumps(task.to_json())}\n")
            process.stdin.flush()
            said = json.loads(process.stdout.readline())
        except (OSError, ValueError) as error:
            self.end()
            raise LabError(ENDED) from error
        if "error" in said:
            raise LabError(said["error"])
        return ANSWERS[task.make].from_json(said["answer"])

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not sent is lost
                    pipe.close()


def _started() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        module_command("core.federated.demo.child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**environ, **module_variables(), **ONE_THREAD},
        start_new_session=True,  # Ctrl+C in a terminal is the server's to handle
    )


class Pool:
    """Some processes, each with one task at a time. They end when this process does."""

    def __init__(self, processes: int) -> None:
        self.children = [Child() for _ in range(processes)]
        self._has_ended = False
        self._free: LifoQueue[Child] = LifoQueue()
        for child in reversed(self.children):
            self._free.put(child)

    def submit(self, task: Task) -> Future[Record]:
        """Return the answer to come, or the LabError; who asks first is answered first."""
        future: Future[Record] = Future()
        # No executor: its threads would keep a server that is told to end until all is computed.
        Thread(target=self._answer, args=(task, future), daemon=True).start()
        return future

    def start(self, processes: int) -> None:
        """Start some processes ahead of the first task, without waiting for them."""
        for child in self.children[:processes]:
            child.start()

    def end(self) -> None:
        """End all processes; what waits for one is not computed."""
        self._has_ended = True
        for child in self.children:
            child.end()

    def _answer(self, task: Task, future: Future[Record]) -> None:
        child = self._free.get()
        try:
            if self._has_ended:
                raise LabError(ENDED)
            future.set_result(child.ask(task))
        except Exception as error:
            future.set_exception(error)
        finally:
            self._free.put(child)
