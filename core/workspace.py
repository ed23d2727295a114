"""Where files live: the only place that knows file names."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import StoreError
from core.files import is_not_about_space

STORE_FILE = "jobs.db"
FOLDERS = ("datasets", "weights", "networks", "uploads", "notes", "scratch", "logs", "jobs")
PRIVATE_MODE = 0o700  # of its owner alone
OTHERS, OTHERS_WRITE = 0o077, 0o002


@dataclass(frozen=True)
class Workspace:
    """A folder with everything Pareto Lab writes; nothing is written outside it."""

    root: Path

    @property
    def datasets(self) -> Path:
        """Stored data sets, one file a digest."""
        return self._folder("datasets")

    @property
    def weights(self) -> Path:
        """Uploaded weights, one legacy .h5 a digest."""
        return self._folder("weights")

    @property
    def networks(self) -> Path:
        """Networks to train or measure, one file a digest."""
        return self._folder("networks")

    @property
    def uploads(self) -> Path:
        """Uploaded files that a job will read, one folder a digest."""
        return self._folder("uploads")

    @property
    def notes(self) -> Path:
        """The authors' notes to their reports, one file a report."""
        return self._folder("notes")

    @property
    def scratch(self) -> Path:
        """Short-lived files of uploads and child processes."""
        return self._folder("scratch")

    @property
    def logs(self) -> Path:
        """Engine and runner logs."""
        return self._folder("logs")

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the store of jobs: PARETO_LAB_STORE, else SQLite in the workspace."""
        # Imported here: it takes 0.4 s, and most processes want folders only.
        from sqlalchemy import URL

        # From its parts: a % or ? in the folder's name is not a code or the end of the path.
        own = URL.create("sqlite", database=str(self.root / STORE_FILE))
        return os.environ.get("PARETO_LAB_STORE") or own.render_as_string(hide_password=False)

    @property
    def engine_lock(self) -> Path:
        """The file whose lock the one living engine of this workspace holds."""
        return self.root / "engine.lock"

    @property
    def visits(self) -> Path:
        """The file that says when somebody looked at the home page."""
        return self.root / "visits.json"

    @property
    def runs_table(self) -> Path:
        """The file that says how the table of runs is shown."""
        return self.root / "runs-table.json"

    def artifacts(self, job_id: str) -> Path:
        """Return the folder of one job's results and checkpoints."""
        return self._folder("jobs") / job_id

    def log(self, name: str) -> Path:
        """Return the log file called `name` ("engine", or a job's id)."""
        return self.logs / f"{name}.log"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        try:
            folder.mkdir(PRIVATE_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise _no_folder("folder", folder, error) from error
        return folder


def open_workspace(root: str | Path | None = None) -> Workspace:
    """Return the workspace at `root`, else at PARETO_LAB_HOME, else in the user's data folder."""
    chosen = root or os.environ.get("PARETO_LAB_HOME") or platformdirs.user_data_dir("pareto-lab")
    path = Path(chosen).expanduser().resolve()
    try:
        path.mkdir(PRIVATE_MODE, parents=True, exist_ok=True)
        _make_private(path)
    except OSError as error:
        raise _no_folder("workspace folder", path, error) from error
    return Workspace(path)


def _make_private(root: Path) -> None:
    """Close a workspace that is open to other users of the machine, as older versions made it.

    A folder that others write to (/tmp), or that holds other things, keeps its permissions: in it
    ours alone are private.
    """
    if os.name != "posix" or not root.stat().st_mode & OTHERS or root.stat().st_uid != os.geteuid():
        return
    is_ours_alone = (root / STORE_FILE).exists() or not any(root.iterdir())
    if is_ours_alone and not root.stat().st_mode & OTHERS_WRITE:
        root.chmod(PRIVATE_MODE)
    for path in (*(root / name for name in FOLDERS), *root.glob(f"{STORE_FILE}*")):
        if path.exists():
            path.chmod(path.stat().st_mode & ~OTHERS)


def _no_folder(what: str, folder: Path, error: OSError) -> StoreError:
    remedy = "Set PARETO_LAB_HOME to a folder you may write to."
    if not is_not_about_space(error):
        remedy = f"Free some disk space there, or s{remedy[1:]}"
    return StoreError(f"The {what} {folder} cannot be made ({error.strerror}). {remedy}")
