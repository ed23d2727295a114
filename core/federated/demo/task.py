"""What a process beside the server is asked to make, and makes."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.federated.demo.pictures import (
    CurvesPicture,
    PlanePicture,
    ToyPicture,
    Walked,
    curves_picture,
    plane_picture,
    toy_picture,
    walked,
)
from core.federated.demo.spec import DemoRun
from core.records import Record

ANSWERS: Mapping[str, type[Record]] = {
    "curves": CurvesPicture,
    "two": ToyPicture,
    "walk": Walked,
    "plane": PlanePicture,
}


@dataclass(frozen=True)
class Task(Record):
    """One thing to make of a run, a name of `ANSWERS`; a plane is made of its walk, in a box."""

    make: str
    run: DemoRun
    walk: Walked | None = None
    box: tuple[float, ...] = ()

    def computed(self) -> Record:
        """Return the answer."""
        if self.walk is not None:
            return plane_picture(self.run, self.walk, self.box)
        return {"curves": curves_picture, "two": toy_picture, "walk": walked}[self.make](self.run)
