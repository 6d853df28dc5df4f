"""Probabilities and embeddings of rows, over test-time views."""

from __future__ import annotations

import numpy as np
import torch

from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.training.prediction import VIEWS, predict, shifted_view
from tests.training import tiny


def network() -> Network:
    torch.manual_seed(0)
    return registry.make(tiny.recipe().network, (1, 32, 32), emotions=3)


def test_the_first_test_time_view_is_the_clip_as_it_is() -> None:
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(shifted_view(images, 0), images)
    others = [shifted_view(images, view) for view in range(1, len(VIEWS) + 4)]
    assert all(not torch.allclose(images, other) for other in others)


def test_test_time_views_average_probabilities_and_embeddings() -> None:
    images, made = torch.rand(4, 1, 32, 32), network()
    together = predict(made, images, views=3)
    alone = [predict(made, shifted_view(images, view)) for view in range(3)]
    for place in (0, 1):
        each = np.stack([one[place] for one in alone])
        np.testing.assert_allclose(together[place], each.mean(axis=0), atol=1e-6)


def test_a_row_is_predicted_alike_in_any_company() -> None:
    images, made = torch.rand(300, 1, 32, 32), network()
    np.testing.assert_allclose(
        predict(made, images)[0][290:], predict(made, images[290:])[0], atol=1e-6
    )
