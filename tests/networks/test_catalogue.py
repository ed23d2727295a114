"""The catalogue and keras.applications: sizes of the papers, and every network prunable."""

import numpy as np
import pytest

from core.errors import NotFoundError, SettingsError
from core.networks.applications import NAMES, application
from core.networks.catalogue import CATALOGUE
from core.networks.find_network import find_network
from core.networks.groups.unit_groups import unit_groups
from core.networks.reference import reference

# By hand: lenet-300-100 has 784 x 300 + 300 + 300 x 100 + 100 + 100 x 10 + 10; ResNet-20 270,256
# weights in kernels, 650 in its dense layer and 4 x 784 in batch normalization; VGG-16 14,710,464,
# 5,130 and 4 x 4,224.
SIZES = {
    "reference": 592_933,
    "lenet-300-100": 266_610,
    "lenet-5": 431_080,
    "conv-6": 2_262_602,
    "vgg-16": 14_732_490,
    "resnet-20": 274_042,
    "mobilenet-v1-small": 221_114,
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_network_of_the_catalogue_has_its_size(name):
    assert CATALOGUE[name].network().parameters == SIZES[name]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_layer_of_the_catalogue_is_in_free_groups_but_the_last(name):
    network = CATALOGUE[name].network()
    groups = unit_groups(network)
    kept = [group.name for group in groups.groups if not group.is_free]
    assert len(kept) == 2
    assert kept[-1] == network.output.name
    makers = {maker for group in groups.free for maker in group.makers}
    kernels = {each.rpartition("/")[0] for each in network.kernel_uses}
    depthwise = {layer.name for layer in network.layers if layer.kind == "DepthwiseConv2D"}
    assert makers == kernels - depthwise - {network.output.name}


def test_the_catalogue_takes_other_images_and_classes():
    network = CATALOGUE["resnet-20"].network((64, 48, 1), 7)
    assert (network.input_shape, network.classes) == ((64, 48, 1), 7)
    assert CATALOGUE["reference"].network() == reference()


def test_a_name_that_is_none_is_answered_with_those_there_are():
    with pytest.raises(NotFoundError, match="no network 'resnet'.*resnet-20"):
        find_network("resnet")
    with pytest.raises(NotFoundError, match="no 'ResNet20'. It has .*ResNet50"):
        find_network("applications:ResNet20")


@pytest.mark.slow
def test_the_applications_are_those_of_keras():
    from keras import applications

    theirs = [name for name in dir(applications) if name[0].isupper()]
    assert sorted(NAMES) == sorted(theirs)


@pytest.mark.slow
def test_an_application_is_read_with_its_size_and_groups():
    network = application("MobileNetV2", (96, 96, 3), 10)
    assert network.parameters == 2_270_794
    groups = unit_groups(network)
    assert len(groups.free) == 25
    shared = next(group for group in groups.free if len(group.makers) == 4)
    assert len(shared.units) == 64
    with pytest.raises(SettingsError, match=r"InceptionV3 cannot read images of \(32, 32, 3\)"):
        application("InceptionV3", (32, 32, 3), 10)
    assert np.prod(network.shapes["Conv1"]) == 48 * 48 * 32
