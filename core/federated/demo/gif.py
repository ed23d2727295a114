"""The demo's animation as a GIF: Pillow draws the numbers that the page draws."""

import base64
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.errors import SettingsError
from core.federated.demo.answers import Picture, answers
from core.federated.demo.extras import bundled_extras
from core.federated.demo.grid import COLUMNS, Grid, find
from core.federated.demo.pictures import TOY_BOX, CurvesPicture, PlanePicture, ToyPicture, unpack
from core.federated.demo.spec import DemoRun

WIDTH, HEIGHT, EDGE, TOP, BOTTOM = 480, 400, 56, 44, 36
INK, GRID, BACK = "#10171b", "#dfe5e7", "#ffffff"
SERIES = ("#1341de", "#c7830f", "#008a98", "#c0146f", "#5c5ece")
MILLISECONDS, HOLD = 140, 2000  # of a round, and of the last picture
PATHS = {2: "two", 3: "plane"}  # views that draw paths
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Scene:
    """One half: its title, and its lines as (label, run, or the id of one beyond the sliders)."""

    title: str
    lines: tuple[tuple[str, DemoRun | str], ...]


@dataclass(frozen=True)
class _Frame:
    box: Sequence[float]

    def at(self, points: np.ndarray) -> Points:
        """Return pixels of points (n, 2)."""
        low, high = np.array(self.box[::2]), np.array(self.box[1::2])
        share = (points - low) / (high - low)
        x = EDGE + share[:, 0] * (WIDTH - EDGE - 16)
        y = HEIGHT - BOTTOM - share[:, 1] * (HEIGHT - TOP - BOTTOM)
        return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


# Draws one half after so many rounds.
Drawer = Callable[[ImageDraw.ImageDraw, int], None]


def gif_of(grid: Grid, halves: Sequence[Scene], view: int, metric: str) -> str:
    """Return an animation of the rounds, both halves side by side, as a GIF in base64.

    view: 2 and 3 draw paths, others the curves of `metric`. Raises SettingsError for paths of
    a run beyond the sliders, which has none.
    """
    drawers = _drawers(grid, halves, view, metric)
    rounds = max(len(_records(grid, half.lines[0][1])) for half in halves) - 1
    frames = [_picture(halves, drawers, number) for number in range(rounds + 1)]
    into = io.BytesIO()
    durations = [MILLISECONDS] * rounds + [HOLD]
    frames[0].save(into, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return base64.b64encode(into.getvalue()).decode()


def _picture(halves: Sequence[Scene], drawers: Sequence[Drawer], number: int) -> Image.Image:
    image = Image.new("RGB", (WIDTH * len(halves), HEIGHT), BACK)
    for place, (half, draw) in enumerate(zip(halves, drawers, strict=True)):
        own = Image.new("RGB", (WIDTH, HEIGHT), BACK)  # a path may leave its half's frame
        draw(ImageDraw.Draw(own), number)
        title = _plain(half.title)
        ImageDraw.Draw(own).text((16, 10), title, INK, ImageFont.load_default(17))
        image.paste(own, (place * WIDTH, 0))
    pen = ImageDraw.Draw(image)
    corner = (WIDTH * len(halves) - 16, 12)
    pen.text(corner, f"Round {number}", INK, ImageFont.load_default(15), anchor="ra")
    return image.quantize(32, dither=Image.Dither.NONE)


def _plain(text: str) -> str:
    """Return the text in the letters that Pillow's own font has."""
    spelled = text.replace("α", "alpha").replace("β", "beta").replace("μ", "mu")
    return spelled.encode("latin-1", "replace").decode("latin-1")


def _drawers(grid: Grid, halves: Sequence[Scene], view: int, metric: str) -> list[Drawer]:
    mains = [run for half in halves if isinstance(run := half.lines[-1][1], DemoRun)]
    if view in PATHS and len(mains) < len(halves):
        raise SettingsError(
            "Paths are drawn for synthetic clients. Choose curves, or move a slider."
        )
    if view in PATHS:
        pictures = answers().pictures([(PATHS[view], run) for run in mains])
        return [_paths(picture) for picture in pictures]
    column = COLUMNS.index(metric)
    found = [
        [(label, _records(grid, run)[:, column]) for label, run in half.lines] for half in halves
    ]
    whole = np.concatenate([values for half in found for _, values in half])
    high = 1.0 if metric.endswith("accuracy") else float(np.nanmax(whole)) * 1.05
    return [
        _curves(lines, high, first) for lines, first in zip(found, _first_inks(halves), strict=True)
    ]


def _first_inks(halves: Sequence[Scene]) -> list[int]:
    """Return where each half's inks begin: runs beyond the sliders have one each."""
    counts = [sum(isinstance(run, str) for _, run in half.lines) for half in halves]
    return [sum(counts[:place]) for place in range(len(counts))]


def _records(grid: Grid, run: DemoRun | str) -> np.ndarray:
    if isinstance(run, str):
        return unpack(next(each.records for each in bundled_extras() if each.id == run))
    if (kept := find(grid, run)) is not None:
        return kept
    (picture,) = answers().pictures([("curves", run)])
    assert isinstance(picture, CurvesPicture)
    return unpack(picture.records)


def _axes(pen: ImageDraw.ImageDraw, frame: _Frame) -> None:
    font = ImageFont.load_default(13)
    left, right, bottom, top = frame.box
    for value in _ticks(bottom, top):
        line = frame.at(np.array([[left, value], [right, value]]))
        pen.line(line, GRID)
        pen.text((line[0][0] - 6, line[0][1]), f"{value:g}", INK, font, anchor="rm")
    for value in _ticks(left, right):
        x, y = frame.at(np.array([[value, bottom]]))[0]
        pen.text((x, y + 4), f"{value:g}", INK, font, anchor="ma")


def _ticks(low: float, high: float) -> list[float]:
    """Return four to ten round numbers: multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = max(each * power for each in (1, 2, 5) if each * power <= (high - low) / 4)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _curves(lines: Sequence[tuple[str, np.ndarray]], high: float, first_ink: int) -> Drawer:
    frame = _Frame((0, len(lines[0][1]) - 1, 0, high))

    def draw(pen: ImageDraw.ImageDraw, number: int) -> None:
        _axes(pen, frame)
        for place, (label, values) in enumerate(lines):
            ink = SERIES[(first_ink + place) % len(SERIES)]
            points = np.stack([np.arange(len(values)), values], axis=1)[: number + 1]
            shown = frame.at(points[np.isfinite(points[:, 1])])
            if len(shown) > 1:
                pen.line(shown, ink, 3)
            corner = (WIDTH - 20, TOP + 16 * place)
            pen.text(corner, _plain(label), ink, ImageFont.load_default(13), anchor="ra")

    return draw


def _paths(picture: Picture) -> Drawer:
    if isinstance(picture, ToyPicture):
        return _toy(picture)
    assert isinstance(picture, PlanePicture)
    return _plane(picture)


def _toy(picture: ToyPicture) -> Drawer:
    frame = _Frame(TOY_BOX)
    paths, server = unpack(picture.paths), unpack(picture.server)

    def draw(pen: ImageDraw.ImageDraw, number: int) -> None:
        _axes(pen, frame)
        for path in paths[number - 1] if number else ():
            pen.line(frame.at(path), SERIES[3], 1)
        _server(pen, frame, server, number)
        [(x, y)] = frame.at(np.array([picture.optimum]))
        pen.regular_polygon((x, y, 7), 3, fill=INK)

    return draw


def _plane(picture: PlanePicture) -> Drawer:
    frame = _Frame(picture.box)
    ends, server = unpack(picture.ends), unpack(picture.server)

    def draw(pen: ImageDraw.ImageDraw, number: int) -> None:
        _axes(pen, frame)
        for end in ends[number - 1] if number else ():
            pen.line(frame.at(np.stack([server[number - 1], end])), SERIES[3], 1)
        _server(pen, frame, server, number)

    return draw


def _server(pen: ImageDraw.ImageDraw, frame: _Frame, server: np.ndarray, number: int) -> None:
    walked = frame.at(server[: number + 1])
    if len(walked) > 1:
        pen.line(walked, SERIES[0], 3)
    x, y = walked[-1]
    pen.ellipse((x - 5, y - 5, x + 5, y + 5), SERIES[0])
