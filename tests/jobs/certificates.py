"""Certificates for a Dask cluster, made by the commands of docs/cluster.md."""

import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TLS = "DASK_DISTRIBUTED__COMM__TLS__"


def documented_commands() -> list[str]:
    """Return the openssl commands of the documentation, in its order."""
    lines = (ROOT / "docs" / "cluster.md").read_text().splitlines()
    return [line for line in lines if line.startswith("openssl ")]


def make_certificates(folder: Path) -> dict[str, str]:
    """Make them in `folder`; return the environment of everything that belongs to the cluster."""
    folder.mkdir(parents=True)
    for command in documented_commands():
        subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)
    environment = {
        "DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME": "tls",
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
        f"{TLS}CA_FILE": str(folder / "ca.pem"),
    }
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environment[f"{TLS}{role}__CERT"] = str(folder / "node.pem")
        environment[f"{TLS}{role}__KEY"] = str(folder / "node.key")
    return environment
