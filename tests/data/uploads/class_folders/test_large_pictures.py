"""Large pictures: refused by their headers before any is decoded, else read within the memory."""

import io
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.archives.members import Member
from core.data.uploads.class_folders.decoding import Progress
from core.data.uploads.class_folders.pictures import Picture, orientation
from core.data.uploads.dataset_reader import read
from core.errors import UploadError

SIDE = 7000  # 49 megapixels


def picture(kind: str, **more) -> bytes:
    values = np.random.default_rng(0).integers(0, 255, (70, 70, 3), dtype=np.uint8)
    large = Image.fromarray(values).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    content = io.BytesIO()
    large.save(content, kind, **more)
    return content.getvalue()


def zipped(content: bytes, count: int, ending: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            split = "val" if number < 4 else "train"
            archive.writestr(f"{split}/{'ab'[number % 2]}/{number}.{ending}", content)
    return target.getvalue()


@pytest.mark.slow
def test_two_hundred_of_49_megapixels_are_refused_before_one_is_decoded(tmp_path):
    """They took 141 seconds: looking for EXIF decoded each PNG, before pixels were counted."""
    content = zipped(picture("PNG"), 200, "png")
    told: list[str] = []
    started = time.monotonic()
    with pytest.raises(UploadError, match="200 images have 9,800 megapixels") as refused:
        read("large.zip", content, scratch=tmp_path, tell=lambda share, what: told.append(what))
    assert "at most 256 pixels a side" in str(refused.value)
    assert time.monotonic() - started < 60  # 2 s on an idle machine
    assert not any("Decoding" in what for what in told)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_few_of_49_megapixels_are_read_with_progress(tmp_path, kind):
    """Three copies of a decoded PNG of 49 megapixels were more than the child's memory."""
    shares: list[float] = []
    content = zipped(picture(kind), 8, kind.lower())
    found = read("few.zip", content, scratch=tmp_path, tell=lambda share, _: shares.append(share))
    assert found.train.images.shape == (4, 256, 256, 3)
    assert shares == sorted(shares)
    assert any(0.6 < share < 0.9 for share in shares)  # how many are seen depends on the machine


def test_progress_goes_by_pixels():
    """The page asks for it by the clock, so what a child says is looked at where it is said."""
    sides = [100, 100, 200, 10]
    pictures = [
        Picture(Member(f"{side}.png", memoryview(b"")), "train", "a", (side, side), "RGB", "PNG")
        for side in sides
    ]
    told: list[float] = []
    progress = Progress(pictures, lambda share, _: told.append(share))
    for shown in pictures:
        progress.add(shown)
    area = sum(side**2 for side in sides)
    assert told == pytest.approx([0.6 + 0.3 * part / area for part in (10_000, 20_000, 60_000)])


def test_16_bit_grey_of_many_rows_is_scaled_as_a_whole(tmp_path):
    values = (np.arange(600 * 30, dtype=np.uint32).reshape(600, 30) * 3 % 65536).astype(np.uint16)
    content = io.BytesIO()
    Image.fromarray(values).save(content, "PNG")
    found = read("deep.zip", zipped(content.getvalue(), 8, "png"), scratch=tmp_path)
    eight = np.rint(values.astype(np.float64) / 257).astype(np.uint8)
    small = Image.fromarray(eight).resize((12, 256), Image.Resampling.BILINEAR)
    assert np.array_equal(found.train.images[0][..., 0], np.asarray(small))


def turned(where: str) -> Image.Image:
    """Return an opened PNG that says it lies on its side, before or behind its pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    plain, with_exif = io.BytesIO(), io.BytesIO()
    image = Image.new("RGB", (300, 200))
    image.save(plain, "PNG")
    image.save(with_exif, "PNG", exif=exif)
    content = with_exif.getvalue()
    if where == "behind":
        at = content.index(b"eXIf") - 4
        chunk = content[at : at + 12 + int.from_bytes(content[at : at + 4])]
        end = plain.getvalue().index(b"IEND") - 4
        content = plain.getvalue()[:end] + chunk + plain.getvalue()[end:]
    return Image.open(io.BytesIO(plain.getvalue() if where == "nowhere" else content))


@pytest.mark.parametrize(("where", "held"), [("before", 6), ("behind", 6), ("nowhere", 1)])
def test_how_a_png_was_held_is_known_without_decoding_it(where, held, monkeypatch):
    image = turned(where)
    monkeypatch.setattr(type(image), "load", lambda self: pytest.fail("it was decoded"))
    assert orientation(image) == held
