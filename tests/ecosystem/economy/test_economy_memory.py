"""A model that is let go is freed, on every Mesa."""

import gc
import weakref

from ecosystem import CreatorEconomy


def test_models_are_freed_once_let_go():
    models = [CreatorEconomy(environment="figure1", rng=seed) for seed in range(3)]
    models[0].run(2)
    alive = [weakref.ref(model) for model in models]
    del models
    gc.collect()
    assert [ref() for ref in alive] == [None] * 3


def test_agents_of_a_model_have_ids_of_their_own():
    model = CreatorEconomy(environment="figure1", rng=0)
    ids = [agent.unique_id for agent in model.agents]
    assert len(set(ids)) == len(ids) == 11
