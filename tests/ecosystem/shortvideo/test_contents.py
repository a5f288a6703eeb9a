"""The table of items: growth, and users' memory of what they saw as items leave."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.shortvideo.contents import Contents


@given(st.lists(st.integers(0, 900), min_size=1, max_size=6), st.integers(0, 2**32))
def test_items_and_what_was_seen_survive_growth_and_retirement(per_day, seed):
    rng = np.random.default_rng(seed)
    contents, seen = Contents(3, 2), [set(), set(), set()]
    vectors = []
    for day, k in enumerate(per_day):
        contents.retire(24 * (day - 2))
        alive = np.searchsorted(contents.items.born[: contents.count], 24 * (day - 2))
        assert contents.first % 8 == 0
        assert alive - 8 < contents.first <= alive
        vector = rng.standard_normal((k, 2)).astype(np.float32)
        vectors.append(vector)
        born = np.full(k, 24 * day)
        contents.publish(vector, rng.integers(9, size=k), rng.integers(9, size=k), born, born > 0, born)
        for user in range(3):
            for item in rng.integers(
                contents.first, contents.count, size=5 * (contents.count > contents.first)
            ):
                seen[user].add(int(item))
                contents.seen[user, (item - contents.first) >> 3] |= 1 << ((item - contents.first) & 7)
    assert (contents.items.vector[: contents.count] == np.concatenate(vectors)).all()
    found = np.unpackbits(contents.seen, axis=1, bitorder="little")
    for user in range(3):
        kept = {i for i in seen[user] if i >= contents.first}
        assert set((contents.first + np.flatnonzero(found[user])).tolist()) == kept
