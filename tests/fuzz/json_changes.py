"""Changing JSON where it stays JSON: flipped bits seldom get past the brackets."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Place = tuple[Any, Any]  # a container, and the key or the number of one of its values
ODD = (
    *(None, True, False, 0, -1, 1, 2**63, -(2**70), 0.5, 1e308, -1e-308, float("nan")),
    *(float("inf"), "", "a", "../x", "/etc/passwd", "\u202e\x1b[31m=1+1", "\ud800", "\x00"),
    *("magnitude", "done", "0" * 16, "9" * 400, [], {}, [[]], {"": {}}, [0.5] * 300),
)


def changed_json(text: bytes, chance: random.Random) -> bytes:
    """Return the text with one to three values of another kind, gone, or in another place.

    What is no JSON object is returned as it is.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, dict):
        return text
    for _ in range(chance.choice((1, 1, 2, 3))):
        if places := list(_places(value)):
            _change(*chance.choice(places), places, chance)
    return json.dumps(value).encode()


def _places(value: Any) -> Iterator[Place]:
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in named:
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def _change(holder: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    match chance.randrange(4):
        case 0:
            del holder[key]
        case 1:
            other, name = chance.choice(places)
            holder[key] = copy.deepcopy(other[name])
        case 2 if isinstance(holder, dict):
            holder[f"{key}{chance.choice(('', 's', ' ', '.'))}"] = copy.deepcopy(chance.choice(ODD))
        case _:
            holder[key] = copy.deepcopy(chance.choice(ODD))
