"""Changing files the way accidents and attackers do."""

import random
import struct
from collections.abc import Sequence

LARGEST = 200_000
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1)


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of the files after one to eight random changes."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        if not content:
            break
        chance.choice(CHANGES)(content, seeds, chance)
    return bytes(content[:LARGEST])


def flip(content, seeds, chance):
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def overwrite(content, seeds, chance):
    content[chance.randrange(len(content))] = chance.randrange(256)


def number(content, seeds, chance):
    layout = chance.choice(["<B", "<H", ">H", "<I", ">I", "<Q", ">Q"])
    value = chance.choice(NUMBERS) & ((1 << 8 * struct.calcsize(layout)) - 1)
    at = chance.randrange(len(content))
    content[at : at + struct.calcsize(layout)] = struct.pack(layout, value)


def cut(content, seeds, chance):
    start, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    del content[start:end]


def truncate(content, seeds, chance):
    del content[chance.randrange(len(content)) :]


def repeat(content, seeds, chance):
    start, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    content[start:start] = content[start:end] * chance.choice((1, 1, 2, 50))


def splice(content, seeds, chance):
    other = chance.choice(seeds)
    start, end = sorted(chance.randrange(len(other) + 1) for _ in range(2))
    at = chance.randrange(len(content))
    content[at : at + chance.choice((0, end - start))] = other[start:end]


CHANGES = (flip, overwrite, number, cut, truncate, repeat, splice)
