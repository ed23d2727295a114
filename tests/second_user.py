"""Somebody else on this machine, to look at what they can see of ours."""

import os
import shutil

REMEDY = (
    "This test needs a second user of the machine. Run it as root, or let this user run "
    "`sudo -n -u nobody` without a password."
)


def as_somebody_else() -> list[str]:
    """Return what to put before a command so that the user `nobody` runs it.

    Raises RuntimeError with the remedy where that cannot be had.
    """
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    if shutil.which("sudo") is None:
        raise RuntimeError(REMEDY)
    return ["sudo", "-n", "-u", "nobody"]
