"""The exact identities of the field, as the page's self-check runs them."""

import pytest

from core.federated.self_check.identities import IDENTITIES, self_check


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: identity.sentence)
def test_identity(identity):
    assert identity.difference() <= identity.tolerance


def test_the_self_check_names_what_it_found():
    found = self_check()
    assert len(found) == len(IDENTITIES)
    assert all(passed and difference <= 1e-6 for _, difference, passed in found)
