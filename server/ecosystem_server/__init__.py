"""The dashboard: the worlds live in a browser page.

``app`` is what the server serves: a header and the pages below it. Each page is a folder, Python, Vue and JavaScript
together: `live` (with the tour), `ranking` and `arena`; what they share stands here and in ``page/``. A `visit.Visit`
joins a `player.Player`, which plays models on a thread of its own, to a `board.Board`, which draws them.
"""
