"""The plane that is shown."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from ecosystem.projection import projection_of


def test_the_plane_is_that_of_the_first_two_principal_components():
    users = np.random.default_rng(0).normal(size=(80, 5)) * [3, 1, 2, 0.5, 0.1]
    plane, reference = projection_of(users), PCA(2).fit(users)
    np.testing.assert_allclose(np.abs(plane(users)), np.abs(reference.transform(users)), rtol=1e-4, atol=1e-5)
    assert plane.explained == pytest.approx(reference.explained_variance_ratio_.sum())


def test_two_dimensions_are_shown_as_they_are_and_one_as_a_line():
    points = np.random.default_rng(1).normal(size=(7, 2))
    np.testing.assert_allclose(projection_of(points)(points), points, rtol=1e-6)
    assert (projection_of(points[:, :1])(points[:, :1])[:, 1] == 0).all()


def test_equal_users_have_a_plane_too():
    plane = projection_of(np.ones((4, 3)))
    assert plane.explained == 1.0
    assert np.isfinite(plane(np.zeros((1, 3)))).all()
