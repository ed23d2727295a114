"""Pareto Lab's command line: the same functions and the same store as the dashboard."""

import argparse
import io
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.commands import (
    architectures,
    engine,
    export,
    federated,
    grading,
    listing,
    networks,
    report,
    serve,
    soup,
    sweeps,
)
from core.commands.output import DONE, FAILED, WRONG_USE, add_json_option, answer, say
from core.commands.output_paths import check_destinations
from core.commands.session import Session
from core.errors import LabError, SettingsError
from core.files import PRIVATE_UMASK
from core.jobs.store.store import Store
from core.workspace import open_workspace

MODULES = (
    networks,
    architectures,
    sweeps,
    soup,
    federated,
    grading,
    report,
    export,
    listing,
    engine,
    serve,
)


class Parser(argparse.ArgumentParser):
    """A parser, as are those of its commands, that takes no beginning of an option for it.

    `--dense` would be `--dense-share` in a command that has no other option of that beginning.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, and end at an option that there is not, naming those near it."""
        found, rest = super().parse_known_args(args, namespace)
        unknown = [text.partition("=")[0] for text in rest if text[:2] == "--" != text]
        if unknown:
            self.error(f"{unknown[0]} is no option of {self.prog}.{self._near(unknown[0])}")
        return found, rest

    def _near(self, name: str) -> str:
        flags = list(self._option_string_actions)
        near = [flag for flag in flags if flag.startswith(name)] or get_close_matches(name, flags)
        return f" Did you mean {' or '.join(near)}?" if near else f" See: {self.prog} --help"


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = Parser(prog=_program(), description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in MODULES:
        module.add_commands(commands)
    for command in commands.choices.values():
        add_json_option(command)
    return top


def _program() -> str:
    return "pareto-lab" if Path(sys.argv[0]).stem == "pareto-lab" else "python -m core"


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows only ASCII shows "?"
            stream.reconfigure(errors="replace")
    # TensorFlow greets on standard error, which is for our own progress.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = parser().parse_args(arguments)
    umask = os.umask(PRIVATE_UMASK)  # for the workspace; --out gets the person's own
    try:
        check_destinations(options)
        workspace = open_workspace()
        options.run(Session(workspace, Store(workspace.store_url), umask), options)
        sys.stdout.flush()
    except LabError as error:
        _tell(str(error), options.json)
        return WRONG_USE if isinstance(error, SettingsError) else FAILED
    except BrokenPipeError:  # who read the answer, such as `head`, has gone: nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        _tell(_of_the_system(error), options.json)
        return FAILED
    finally:
        os.umask(umask)
    return DONE


def _tell(reason: str, as_json: bool) -> None:
    line = " ".join(reason.split())
    say(line)
    if as_json:
        answer({"error": line}, as_json=True)


def _of_the_system(error: OSError) -> str:
    """Return a sentence for what the disk or the system refused, with the path where it has one."""
    path = error.filename2 or error.filename or "A file"
    return (
        f"{path} cannot be read or written ({error.strerror or error}). "
        "Check the path, its permissions and the free disk space."
    )
