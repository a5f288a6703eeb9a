from __future__ import annotations

import json

import numpy as np

from ecosystem_runs.plain import plain


def test_what_json_lacks_is_none_and_numpys_numbers_are_pythons():
    figures = {
        "nan": float("nan"),
        "numbers": [np.float64(0.5), np.float64("inf"), -float("inf"), 2],
        "inner": ({"count": np.int64(3), "yes": np.bool_(True)}, "text", None),
    }
    assert json.loads(json.dumps(plain(figures), allow_nan=False)) == {
        "nan": None,
        "numbers": [0.5, None, None, 2],
        "inner": [{"count": 3, "yes": True}, "text", None],
    }
