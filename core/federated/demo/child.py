"""The child's side of `pool`: a line from the parent is a task, a line back its answer."""

import json
import os
import sys
from typing import Any

from core.errors import LabError
from core.federated.demo.pictures import (
    Walked,
    curves_picture,
    plane_picture,
    toy_picture,
    walked,
)
from core.federated.demo.spec import DemoRun
from core.records import JsonObject, Record
from core.settings import from_dict


def main() -> None:
    """Answer until the parent closes the pipe, as it does in ending, however it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing printed gets between the answers
    for line in sys.stdin:
        answers.write(f"{json.dumps(_answered(json.loads(line)), separators=(',', ':'))}\n")
        answers.flush()


def _answered(task: JsonObject) -> dict[str, Any]:
    try:
        return {"answer": computed(task).to_json()}
    except LabError as error:
        return {"error": str(error)}


def computed(task: JsonObject) -> Record:
    """Return what a task asks for. make: "curves", "two", "walk", or "plane" from walk and box."""
    run = from_dict(DemoRun, task["run"])
    if task["make"] == "plane":
        return plane_picture(run, Walked.from_json(task["walk"]), task["box"])
    return {"curves": curves_picture, "two": toy_picture, "walk": walked}[task["make"]](run)


if __name__ == "__main__":
    main()
