"""Jobs on a page: the one polling fragment, and how a job's state is shown."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeVar

import streamlit as st

from core.jobs.store.job import DONE, Job
from core.runs.progress.parts_progress import with_parts
from core.text import duration, time_left
from pages.components.error_box import error_box, plain, show_error
from pages.components.session import VISIT, keep_working, store, submit

Color = Literal["gray", "blue", "orange", "green", "red"]
BADGES: dict[str, tuple[str, Color]] = {
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_circle:", "blue"),
    "stopping": (":material/pending:", "orange"),
    "done": (":material/check_circle:", "green"),
    "failed": (":material/error:", "red"),
    "stopped": (":material/stop_circle:", "gray"),
    "abandoned": (":material/link_off:", "orange"),
}

# What a bar says before its run says anything: the badge beside it has the state.
SILENT = {"queued": "not started yet", "running": "starting"}


class Ends(Protocol):
    """A job, or a row that stands for one."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        ...


Found = TypeVar("Found", bound=Ends)


def watch(
    find: Callable[[], Sequence[Found]],
    draw: Callable[[Sequence[Found]], None],
    idle_seconds: float | None = None,
) -> None:
    """Draw the jobs now and, while one of them lives, again every second.

    When the last one ends the whole page runs once more, so that it can show the results.
    idle_seconds: keep looking this often when nothing lives (for pages that list all runs).
    """
    live = any(not job.ended for job in find())

    @st.fragment(run_every=1.0 if live else idle_seconds)
    def poll() -> None:
        with error_box():
            jobs = find()
            if any(not job.ended for job in jobs) and (trouble := keep_working()):
                st.warning(trouble, icon=":material/warning:")
            draw(jobs)
            if live != any(not job.ended for job in jobs):
                st.rerun()

    poll()


def state_badge(job: Job) -> None:
    """Show the job's state in a word, an icon and a colour."""
    icon, color = BADGES.get(job.shown_state, (":material/help:", "gray"))
    st.badge(job.shown_state, icon=icon, color=color)


def progress_line(job: Job) -> None:
    """Show how far the job is and, once it means something, how long it still takes."""
    left = f" · {time_left(job.seconds_left)}" if job.seconds_left is not None else ""
    message = plain(job.message) if job.message else SILENT.get(job.shown_state, job.shown_state)
    st.progress(job.share_done, text=f"{message}{left}")


def finished_line(job: Job) -> None:
    """Show the progress row of a run that has ended: what is below must not jump up."""
    text = job.shown_state
    if job.finished and job.started:
        text = f"took {duration(job.finished - job.started)}"  # its state stands beside it
    st.progress(1.0 if job.state == DONE else job.share_done, text=text)


def kept_rows(living: Sequence[Job], key: str) -> list[Job]:
    """Return the living jobs, and those that ended while this visitor looked: nothing jumps up.

    key: unique on the page.
    """
    seen = st.session_state.setdefault(f"{VISIT}rows:{key}", [])
    now = {job.id for job in living}
    seen += [job.id for job in living if job.id not in seen]
    ended = [store().get(id) for id in seen if id not in now and store().exists(id)]
    return [*living, *ended]


def stop_button(job: Job, key: str, shortcut: str | None = None) -> None:
    """Offer to stop a living job; a second click forces it. shortcut: its key on the keyboard."""
    if job.shown_state == "stopping":
        label, help_text = "Force stop", "It stops after the current batch. Click to stop it now."
        st.button(label, key=key, help=help_text, on_click=_stop, args=(job.id, True))
    elif not job.ended:
        st.button(
            "Stop",
            key=key,
            icon=":material/stop:",
            help="Stops after the current batch and keeps the progress; you can resume it.",
            on_click=_stop,
            args=(job.id, False),
            shortcut=shortcut,
        )


def _stop(job_id: str, force: bool) -> None:
    store().stop(job_id, force)


def resume_button(job: Job, key: str) -> None:
    """Offer to go on from the last checkpoint."""
    if job.state in ("stopped", "failed", "abandoned"):
        st.button(
            "Resume",
            key=key,
            icon=":material/resume:",
            help="Continues from the last checkpoint, exactly as if it had never stopped.",
            on_click=_resume,
            args=(job,),
        )


def _resume(job: Job) -> None:
    submit(job.spec, job.seed)


STOP_KEYS = "mod+shift+x"


def job_line(job: Job, key: str, shortcut: str | None = None, short: bool = False) -> None:
    """Show one job: state, progress, stop or resume, and why it failed.

    shortcut: of its stop button, for the one job that a page is about. short: without the row of
    progress when it has ended, for lists.
    """
    job = with_parts(store(), job)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        state_badge(job)
        if not job.ended:
            progress_line(job)
        elif not short:
            finished_line(job)
        stop_button(job, f"{key}:stop", shortcut)
        resume_button(job, f"{key}:resume")
    if job.error:
        show_error(job.error)
