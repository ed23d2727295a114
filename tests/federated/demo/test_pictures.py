"""What travels to the browser is what was computed: curves, paths, contours, costs, the GIF."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.data.builtin_datasets import garments
from core.errors import SettingsError
from core.federated.demo import gif, pictures, plane
from core.federated.demo import two_parameters as two
from core.federated.demo.extras import bundled_extras, extra_runs
from core.federated.demo.gif import Scene, _plain, gif_of
from core.federated.demo.grid import COLUMNS, bundled_grid, find, grid_runs, table
from core.federated.demo.presets import PRESETS
from core.federated.demo.recording import RecordingTrainer
from core.federated.demo.spec import ROUNDS, DemoRun, FederatedGridSpec
from core.federated.federate import federate, load_clients, run_of, trainer_of
from core.federated.simulation import simulate_together

pytestmark = pytest.mark.slow  # real runs
RUN = DemoRun(1.0, 5, 6, "scaffold")


def test_arrays_survive_the_way_to_the_browser():
    values = np.array([[0.1, np.nan], [1e30, -2.0]])
    np.testing.assert_array_equal(pictures.unpack(pictures.pack(values, "float64")), values)


@pytest.mark.parametrize(
    "run", [DemoRun(None, 20), DemoRun(2.0, 5, 6, "scaffold"), DemoRun(1.0, 1, 15, "fedprox")]
)
def test_the_bundled_grid_has_the_numbers_of_the_runs_own_history(run):
    """Losses are float32 sums whose last bits depend on the processor; costs are exact."""
    kept, history = find(bundled_grid(), run), federate(run.spec)
    assert kept is not None
    np.testing.assert_allclose(kept, table(history), rtol=1e-3, atol=1e-3)
    for name in ("bytes", "gradient_evaluations", "epoch"):
        place = COLUMNS.index(name)
        np.testing.assert_array_equal(kept[:, place], history.column(name))


def test_costs_are_counted_as_a_plain_loop_counts_them():
    """6 of 30 clients, 5 steps each; 610 float32 numbers there and back, twice with SCAFFOLD."""
    kept = find(bundled_grid(), RUN)
    assert kept is not None
    for number in range(ROUNDS + 1):
        at = dict(zip(COLUMNS, kept[number], strict=True))
        assert at["gradient_evaluations"] == number * 6 * 5
        assert at["bytes"] == number * 6 * 2 * 2 * 610 * 4


def test_the_bundled_grid_holds_every_run_of_its_spec():
    assert bundled_grid().runs == grid_runs(FederatedGridSpec())
    assert bundled_grid().records.shape[1:] == (ROUNDS + 1, len(COLUMNS))


def test_drift_is_the_root_mean_square_distance_from_the_mean_model():
    """Of a small run, from the very models that the plane's picture is made of."""
    clients = load_clients(RUN.spec, 0)
    spec = replace(RUN.spec, rounds=2)
    recorder = RecordingTrainer(trainer_of(spec, clients))
    (history,) = simulate_together(clients, [run_of(spec, 0)], trainer=recorder)
    for each, record in zip(recorder.rounds, history.records[1:], strict=True):
        mean = sum(w * end for w, end in zip(each.work.weights, each.ends, strict=True))
        square = sum(
            w * np.sum((end - mean) ** 2)
            for w, end in zip(each.work.weights, each.ends, strict=True)
        )
        assert record.drift == pytest.approx(np.sqrt(square), rel=1e-3)


def test_the_toys_picture_is_the_toys_run():
    picture, played = pictures.toy_picture(RUN), two.play(RUN)
    for number, each in enumerate(played.rounds):
        for name in ("paths", "corrections", "pulls"):
            drawn = pictures.unpack(getattr(picture, name))[number]
            np.testing.assert_allclose(drawn, getattr(each, name), atol=1e-5)
        np.testing.assert_allclose(
            pictures.unpack(picture.server)[number + 1], each.server, atol=1e-5
        )
        np.testing.assert_array_equal(pictures.unpack(picture.clients)[number], each.clients)
    box = picture.box
    assert np.all(pictures.unpack(picture.paths)[..., 0] < box[1])


def test_a_plane_holds_all_that_is_drawn_on_it():
    runs = [replace(RUN, heterogeneity=h) for h in (None, 1.0)]
    walks = [pictures.walked(run) for run in runs]
    box = pictures.common_box(walks)
    for each, run in zip(walks, runs, strict=True):
        picture = pictures.plane_picture(run, each, box)
        walk = plane.walk(run, load_clients(run.spec, 0))
        np.testing.assert_allclose(pictures.unpack(picture.server), walk.server, atol=1e-5)
        np.testing.assert_allclose(pictures.unpack(picture.ends), walk.ends, atol=1e-5)
        low, high = np.array(picture.box[::2]), np.array(picture.box[1::2])
        assert np.all((walk.server > low) & (walk.server < high))


def test_presets_name_runs_that_are_bundled():
    known = {each.id: each for each in bundled_extras()}
    assert known.keys() == extra_runs().keys()
    for preset in PRESETS:
        ids = [id for own in (preset.extras or {}).values() for id in own]
        assert set(ids) <= known.keys()


@pytest.mark.parametrize("id", ["late:dropped", "dominated:equal", "mlp:0.05"])
def test_a_bundled_run_beyond_the_sliders_is_the_run_anybody_may_start(id):
    spec = replace(extra_runs()[id], rounds=3)
    (kept,) = (each for each in bundled_extras() if each.id == id)
    clients = load_clients(spec, 0, load=lambda name: garments())
    np.testing.assert_array_equal(pictures.unpack(kept.labels), clients.label_counts())
    found = table(federate(spec, 0, clients=clients))
    np.testing.assert_allclose(pictures.unpack(kept.records)[:4], found, rtol=1e-3, atol=1e-3)


def test_one_client_of_the_dominated_federation_holds_six_tenths():
    (kept,) = (each for each in bundled_extras() if each.id == "dominated:equal")
    sizes = pictures.unpack(kept.labels).sum(axis=1)
    assert sizes.max() / sizes.sum() == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("view", [1, 2, 3])
def test_the_gif_has_a_frame_a_round_and_moves(view):
    halves = [Scene(f"α = {h}", (("FedAvg", DemoRun(h, 5)),)) for h in (None, 1.0)]
    content = gif_of(bundled_grid(), halves, view, "validation_accuracy")
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert picture.n_frames == ROUNDS + 1
        first = np.asarray(picture.convert("RGB")).copy()
        picture.seek(ROUNDS)
        assert np.any(first != np.asarray(picture.convert("RGB")))


def test_runs_beyond_the_sliders_have_a_gif_of_curves_and_none_of_paths():
    halves = [Scene("late", ((id, id),)) for id in ("late:dropped", "late:kept")]
    assert gif_of(bundled_grid(), halves, 1, "train_loss")
    with pytest.raises(SettingsError, match="Choose curves"):
        gif_of(bundled_grid(), halves, 2, "train_loss")


def test_a_path_that_leaves_its_half_of_the_gif_is_cut_there():
    def far(pen, number):
        pen.line([(0, 200), (5000, 200)], "#000000", 3)

    halves = [Scene("left", ()), Scene("right", ())]
    image = np.asarray(gif._picture(halves, [far, lambda pen, number: None], 0).convert("L"))
    assert image[200, gif.WIDTH - 1] < 50
    assert image[gif.TOP :, gif.WIDTH :].min() > 250


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-2.7, 3.3, [-2, -1, 0, 1, 2, 3]),
        (0, 40, [0, 10, 20, 30, 40]),
    ],
)
def test_the_gifs_axes_have_round_numbers(low, high, ticks):
    assert gif._ticks(low, high) == ticks


def test_prepared_runs_have_an_ink_each_in_the_gif_too():
    halves = [
        Scene("a", (("x", "late:nobody"), ("y", "late:kept"))),
        Scene("b", (("z", "late:prox"),)),
    ]
    assert gif._first_inks(halves) == [0, 2]
    assert gif._first_inks([Scene("a", (("x", DemoRun()),)), Scene("b", (("y", DemoRun()),))]) == [
        0,
        0,
    ]


def test_titles_are_spelled_in_letters_that_pillows_font_has():
    assert _plain("α = β = 1, μ = 2") == "alpha = beta = 1, mu = 2"
