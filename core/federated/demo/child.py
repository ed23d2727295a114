"""The child's side of `pool`: a line from the parent is a task, a line back its answer."""

import json
import os
import sys
from typing import Any

from core.errors import LabError
from core.federated.demo.task import Task


def main() -> None:
    """Answer until the parent closes the pipe, as it does in ending, however it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing printed gets between the answers
    for line in sys.stdin:
        answers.write(f"{json.dumps(_answered(line), separators=(',', ':'))}\n")
        answers.flush()


def _answered(line: str) -> dict[str, Any]:
    try:
        return {"answer": Task.from_json(json.loads(line)).computed().to_json()}
    except LabError as error:
        return {"error": str(error)}


if __name__ == "__main__":
    main()
