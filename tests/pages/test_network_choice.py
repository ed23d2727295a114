"""Train: another network than the reference is chosen beside the data, and submitted as such."""

import json

import pytest

from core.data import store as datasets
from core.jobs.store.store import Store
from core.networks.applications import PREFIX
from core.networks.network_store import kept_network
from core.runs.specs import spec_of
from tests.pages.conftest import all_text, button
from tests.pruning.graphs.tiny import DATASET

pytestmark = pytest.mark.slow  # whole pages


@pytest.fixture
def trained(empty_home, open_page):
    """Return the Train page of a small data set, and what its Start submitted last."""
    page = open_page("training", data=datasets.save(empty_home, DATASET))

    def submitted():
        button(page, "Start").click().run()
        assert not page.exception
        assert not page.error, [each.value for each in page.error]
        store = Store(empty_home.store_url)
        (job, *_) = store.jobs(kind="train")
        store.close()
        return spec_of(job)

    return page, submitted


def choose(page, name):
    next(each for each in page.selectbox if each.label == "Network").set_value(name).run()


def test_the_reference_network_is_chosen_at_first_and_nothing_more_is_asked(trained):
    page, submitted = trained
    assert "Layers" not in [each.label for each in page.expander]
    assert submitted().network is None


def test_a_network_of_the_catalogue_is_described_and_submitted_by_its_digest(trained, empty_home):
    page, submitted = trained
    choose(page, "resnet-20")
    text = all_text(page).replace("\\", "")
    assert "12 groups of units that can be cut" in text
    assert "of memory" in text
    assert "dense has 3 units, all kept: the network's output." in text
    spec = submitted()
    network, weights = kept_network(empty_home.networks, spec.network)
    assert (spec.name, network.classes, weights) == ("resnet-20", 3, None)


def test_a_model_of_keras_applications_is_submitted_by_its_name(trained):
    page, submitted = trained
    choose(page, "applications")
    spec = submitted()
    assert spec.network == f"{PREFIX}MobileNetV2"
    assert spec.input_shape == (96, 96, 1)


def _described(classes):
    layers = [
        ("InputLayer", {"batch_shape": [None, 9, 9, 1], "name": "in"}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"name": "head", "units": classes, "activation": "softmax"}),
    ]
    rows = [{"class_name": kind, "config": config} for kind, config in layers]
    config = {"name": "mine", "layers": rows}
    whole = {"module": "keras", "class_name": "Sequential", "config": config}
    return json.dumps(whole).encode()


def test_a_file_of_ones_own_gets_a_new_last_layer_where_its_classes_differ(trained):
    page, submitted = trained
    choose(page, "own")
    assert button(page, "Start").disabled
    upload = next(each for each in page.file_uploader if each.label == "Network")
    upload.upload("mine.json", _described(10), "application/json").run()
    assert "10 classes apart, the data has 3: it gets a new last layer" in all_text(page)
    spec = submitted()
    assert (spec.name, spec.last_layer) == ("mine.json", "new")


def test_a_second_files_pixel_values_are_its_own(trained):
    page, submitted = trained
    choose(page, "own")
    reads = json.loads(_described(3))
    rescaling = {"name": "scale", "scale": 1 / 255, "offset": 0.0}
    reads["config"]["layers"].insert(1, {"class_name": "Rescaling", "config": rescaling})
    for content in (_described(3), json.dumps(reads).encode()):
        upload = next(each for each in page.file_uploader if each.label == "Network")
        upload.upload("mine.json", content, "application/json").run()
    assert submitted().pixels == "0..255"


def _opened(classes, side):
    whole = json.loads(_described(classes))
    whole["config"]["layers"][0]["config"]["batch_shape"] = [None, side, side, 3]
    return json.dumps(whole).encode()


def test_a_page_that_is_loaded_again_keeps_the_name_of_the_file(trained, open_page):
    page, _ = trained
    choose(page, "own")
    upload = next(each for each in page.file_uploader if each.label == "Network")
    upload.upload("my_model.json", _described(3), "application/json").run()
    address = {name: "".join(value) for name, value in page.query_params.items()}
    again = open_page("training", **address)
    assert "my_model.json:" in all_text(again).replace("\\", "")
    assert "network.keras" not in all_text(again).replace("\\", "")


def test_what_happens_to_the_images_is_said_beside_the_parameters(trained):
    page, _ = trained
    choose(page, "own")
    upload = next(each for each in page.file_uploader if each.label == "Network")
    upload.upload("mine.json", _described(3), "application/json").run()
    assert "brought to" not in all_text(page)
    upload = next(each for each in page.file_uploader if each.label == "Network")
    upload.upload("mine.json", _opened(3, 12), "application/json").run()
    said = "Images of 9 × 9 × 1 are brought to the network's input of 12 × 12 × 3."
    assert said in all_text(page)
    choose(page, "applications")
    assert "are brought to the network's input of 96 × 96 × 1" in all_text(page)


def test_a_file_that_is_no_network_says_why(trained):
    page, _ = trained
    choose(page, "own")
    upload = next(each for each in page.file_uploader if each.label == "Network")
    upload.upload("mine.keras", b"nothing", "application/zip").run()
    assert "not a network" in page.error[0].value
    assert button(page, "Start").disabled
