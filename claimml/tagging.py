"""Spans to BIO tags over token offsets, and back: encode and decode undo each other.

`offsets` are half-open code-point pairs, one per token, ascending; a pair with start == end is no
token (special or padding). Nowhere else is a token border turned into a span border.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from claimml.document import Span

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Offsets = Sequence[tuple[int, int]]


def tag_names(labels: Sequence[str]) -> list[str]:
    """The tags of a label set, in the order of a model's outputs: O, B-X, I-X, B-Y, ..."""
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def encode(spans: Iterable[Span], offsets: Offsets) -> tuple[list[str], list[Span]]:
    """Tags of the tokens, and the spans that the tokens cannot express.

    A token belongs to a span that it overlaps. A span is lost where its borders fall inside tokens,
    where no token lies in it, or where its first token is another span's: it is returned, never cut.
    """
    from bisect import bisect_left, bisect_right

    tags = ["O"] * len(offsets)
    lost = []
    real = [i for i, (start, end) in enumerate(offsets) if start < end]
    starts, ends = [offsets[i][0] for i in real], [offsets[i][1] for i in real]
    for span in sorted(spans):
        inside = real[bisect_right(ends, span.start) : bisect_left(starts, span.end)]
        exact = inside and offsets[inside[0]][0] == span.start and offsets[inside[-1]][1] == span.end
        if not exact or any(tags[i] != "O" for i in inside):
            lost.append(span)
            continue
        tags[inside[0]] = f"B-{span.label}"
        for i in inside[1:]:
            tags[i] = f"I-{span.label}"
    return tags, lost


def decode(tags: Sequence[str], offsets: Offsets) -> list[Span]:
    """The spans that strict BIO tags spell: an I that continues nothing of its label is O."""
    spans: list[Span] = []
    open_label, start, end = "", 0, 0
    for tag, (left, right) in zip(tags, offsets, strict=True):
        if left == right:
            continue
        prefix, _, label = tag.partition("-")
        if prefix == "I" and label == open_label:
            end = right
            continue
        if open_label:
            spans.append(Span(start, end, open_label))
        open_label = label if prefix == "B" else ""
        start, end = left, right
    if open_label:
        spans.append(Span(start, end, open_label))
    return spans


def allowed_transitions(tags: Sequence[str]) -> Array:
    """(tags, tags) additive penalty: 0 where the second tag may follow the first, -inf where not."""
    import numpy as np

    penalty = np.zeros((len(tags), len(tags)), dtype=np.float32)
    for i, left in enumerate(tags):
        for j, right in enumerate(tags):
            if right.startswith("I-") and left not in (f"B-{right[2:]}", right):
                penalty[i, j] = -np.inf
    return penalty


def best_path(scores: Array, tags: Sequence[str], glued: Array | None = None) -> list[int]:
    """The valid tag sequence with the highest sum of log-probabilities (Viterbi).

    `scores`: (tokens, tags). `glued`: (tokens,) booleans, true where a token continues the written
    word of the one before: no border falls there, so a word is inside one span or outside all.
    """
    import numpy as np

    count, width = scores.shape
    if not count:
        return []
    penalty = allowed_transitions(tags)
    # Within a word a tag may only go on: O after O, I-X after B-X or I-X.
    within = np.where(np.eye(width, dtype=bool), 0.0, -np.inf).astype(np.float32)
    for j, tag in enumerate(tags):
        if tag.startswith("B-"):
            within[j, j] = -np.inf
            within[j, tags.index(f"I-{tag[2:]}")] = 0.0
    first = np.where([tag.startswith("I-") for tag in tags], -np.inf, 0.0)
    # Where each token's best tag may follow its neighbour's, no other path can be better.
    greedy = scores.argmax(axis=1)
    steps = penalty[greedy[:-1], greedy[1:]]
    if glued is not None:
        steps = np.where(glued[1:], within[greedy[:-1], greedy[1:]], steps)
    if first[greedy[0]] == 0 and not np.isneginf(steps).any():
        return [int(tag) for tag in greedy]
    total = scores[0] + first
    back = np.zeros((count, width), dtype=np.int64)
    for t in range(1, count):
        step = total[:, None] + (within if glued is not None and glued[t] else penalty)
        back[t] = step.argmax(axis=0)
        total = step[back[t], np.arange(width)] + scores[t]
    path = [int(total.argmax())]
    for t in range(count - 1, 0, -1):
        path.append(int(back[t, path[-1]]))
    return path[::-1]
