"""Modules of this very package as child processes, whether it is installed or run from a checkout.

The folder that holds the package is handed on here and nowhere else.
"""

import ctypes
import os
import signal
import site
import sys
from pathlib import Path

import core

DIE_WITH_PARENT = 1  # Linux's PR_SET_PDEATHSIG
HOME = str(Path(core.__file__).absolute().parent.parent)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package.

    Add `module_variables()` to the child's environment. The child's working folder is not searched
    for modules: it may hold a stranger's files.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_variables() -> dict[str, str]:
    """Return the environment variables by which a child finds the modules that we find."""
    inherited = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    places = [os.path.abspath(place) for place in inherited]  # the child's folder is another one
    # Python searches PYTHONPATH before its own library, where no installed package may come first.
    if HOME not in [*_installed_packages(), *places]:
        places.insert(0, HOME)
    found = {"PYTHONPATH": os.pathsep.join(places)}
    if site.ENABLE_USER_SITE:  # else found by the home folder, which not every child is told
        found["PYTHONUSERBASE"] = site.getuserbase()
    return found


def end_with(parent: int) -> None:
    """Have the system kill this process when the one that started it ends, however that ends.

    parent: its process id. Only Linux can; elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def _installed_packages() -> list[str]:
    return [*site.getsitepackages(), site.getusersitepackages()]
