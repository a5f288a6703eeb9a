"""Who comes and who goes: an item more, or one less, on everybody's list."""

from __future__ import annotations

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import DISTANCE, Book
from ecosystem.market.lists import note, place, relevance, settle


def without(book: Book, i: int) -> Book:
    """Return the book without item i, whose number goes to the next, and so on; its lists are taken over."""
    left = book._replace(strategies=book.strategies[np.arange(len(book.strategies)) != i])
    _strike(left, i)
    return left


def with_item(book: Book, i: int, strategy: np.ndarray) -> Book:
    """Return the book with an item i at `strategy` (d,), before the one that had this number.

    Its lists are taken over, and must have room: see `has_room`.
    """
    here = book.strategies
    joined = book._replace(strategies=np.concatenate([here[:i], strategy[None], here[i:]]))
    _admit(joined, i)
    return joined


def has_room(book: Book, longest: int, keep_all: int) -> bool:
    """Return whether lists can take one item more, where K is at most `longest` and up to `keep_all` are listed."""
    N = len(book.strategies) + 1
    held = N if keep_all >= N else min(longest + 1, N)
    return held <= book.room and np.iinfo(book.item.dtype).max >= N


@compiled
def _renew(book: Book, p: int, concerned: bool) -> None:
    """Bring the book in line with the list at place p, whose first K + 1 are `concerned` or not."""
    at = book.lists[p]
    if concerned:
        at.K = min(at.K, book.strategies.shape[0])
        settle(book, p)
    else:
        note(book.screen, book.sigma, book.zero_pays, at, p)


@compiled
def _strike(book: Book, i: int) -> None:
    """Take item i, which no longer stands in the book, off every list."""
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    gone, one = item.dtype.type(i), item.dtype.type(1)  # as narrow as lists have them: more are done at once
    for p in range(book.order.shape[0]):
        if book.order[p] < 0:
            continue
        at = lists[p]
        width, position, found = (at.length + 7) // 8 * 8, 0, False
        for k in range(width):
            found |= item[p, k] == gone
        while found and item[p, position] != gone:
            position += 1
        for k in range(width):
            item[p, k] -= one if item[p, k] > gone else item.dtype.type(0)
        if found:
            at.length -= 1
            for k in range(position, at.length):
                value[p, k], item[p, k] = value[p, k + 1], item[p, k + 1]
            value[p, at.length], item[p, at.length] = -np.inf, -1
        if at.length == N:
            at.floor = -np.inf
        if found or at.length == N:
            _renew(book, p, position <= at.K)


@compiled
def _admit(book: Book, i: int) -> None:
    """Put item i on the lists that it belongs on."""
    lists, value, item, users, strategy = book.lists, book.value, book.item, book.users, book.strategies[i]
    comes_last, distance = i == book.strategies.shape[0] - 1, book.sigma[0] == DISTANCE
    total = np.zeros(users.shape[1])  # one dimension after the other, for all users at once
    for k in range(strategy.shape[0]):
        for p in range(total.shape[0]):
            x, s = users[k, p], strategy[k]
            total[p] += (x - s) * (x - s) if distance else x * s
    for p in range(book.order.shape[0]):
        if book.order[p] < 0:
            continue
        at = lists[p]
        for k in range(0 if comes_last else at.length):
            item[p, k] += item[p, k] >= i
        c = relevance(book.sigma, total[p])
        if c > at.floor:
            # Where all are listed nobody is left out, as K-th and next say; else this may be one of them.
            concerned = at.kth == -np.inf or c >= at.following
            place(at, value, item, book.room, p, i, c)
            _renew(book, p, concerned)
