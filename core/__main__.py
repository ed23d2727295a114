"""Pareto Lab's command line. Nothing heavy is imported here: Ctrl+C may come at any moment."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType

FAILED = 1
INTERRUPTED = "Interrupted: nothing half-written is left. The same command begins anew."


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong use."""
    given = sys.argv[1:] if arguments is None else arguments
    with _one_interrupt():
        try:
            from core.commands.command_line import run

            return run(given)
        except KeyboardInterrupt:
            return _interrupted(as_json="--json" in given)


def _interrupted(as_json: bool) -> int:
    print(INTERRUPTED, file=sys.stderr, flush=True)
    if as_json:
        print(f'{{"error": "{INTERRUPTED}"}}', flush=True)
    return FAILED


@contextlib.contextmanager
def _one_interrupt() -> Iterator[None]:
    """Make Ctrl+C and SIGTERM the same KeyboardInterrupt, once: tidying up is not interrupted."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:  # else the end is not interrupted, either
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
