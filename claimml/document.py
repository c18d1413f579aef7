"""The one container: a text, the labelled spans in it, and the claims read off them.

A corpus is documents on disk, a prediction is a document from a tagger, a score is two lists of
documents compared. Offsets count Unicode code points of `text`, half-open: `text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from claimml.errors import SpanError

if TYPE_CHECKING:
    from claimml.claims import Claim

LABELS = ("QUANTITY", "WEAPON", "ACTOR", "LOCATION")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled stretch of a text: code points `[start, end)`.

    `score` is the tagger's probability that the span is right, label and borders, from 0 to 1; None
    where nobody gave one (gold, rules). It takes no part in equality, so that comparing gold with
    predictions is set arithmetic. Raises `SpanError` where the offsets make no span.
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.start < 0 or self.end <= self.start:
            raise SpanError(f"[{self.start}, {self.end}) {self.label}: a span needs 0 <= start < end")
        if not self.label:
            raise SpanError(f"[{self.start}, {self.end}): a span needs a label")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise SpanError(f"[{self.start}, {self.end}) {self.label}: score {self.score} is not in [0, 1]")


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its spans, sorted and never overlapping, and the claims read off them.

    `id` names the document in a corpus; `tagger` says who found the spans ("" for gold). Raises
    `SpanError` where spans overlap or end behind the text.
    """

    text: str
    spans: tuple[Span, ...] = ()
    claims: tuple[Claim, ...] = ()
    id: str = ""
    tagger: str = ""

    def __post_init__(self) -> None:
        spans = tuple(sorted(self.spans))
        object.__setattr__(self, "spans", spans)
        object.__setattr__(self, "claims", tuple(self.claims))
        name = f"{self.id}: " if self.id else ""
        for left, right in pairwise(spans):
            if right.start < left.end:
                raise SpanError(
                    f"{name}spans overlap: [{left.start}, {left.end}) {left.label} {self.text[left.start : left.end]!r} and "
                    f"[{right.start}, {right.end}) {right.label} {self.text[right.start : right.end]!r}; keep one of them"
                )
        if spans and spans[-1].end > len(self.text):
            last = spans[-1]
            raise SpanError(
                f"{name}[{last.start}, {last.end}) {last.label} ends behind the text of {len(self.text)} characters; "
                "offsets must count Unicode code points"
            )

    def text_of(self, span: Span) -> str:
        """The characters that a span covers."""
        return self.text[span.start : span.end]

    def to_dict(self) -> dict[str, Any]:
        """The one JSON shape: id, text, spans with their surface, claims, tagger."""
        return {
            "id": self.id,
            "text": self.text,
            "spans": [
                {"start": s.start, "end": s.end, "label": s.label, "text": self.text_of(s)}
                | ({} if s.score is None else {"score": round(s.score, 4)})
                for s in self.spans
            ],
            "claims": [claim.to_dict(self.text) for claim in self.claims],
            "tagger": self.tagger,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Document:
        """Undo `to_dict`; `text` of a span, where given, must be what the offsets cover."""
        text = values["text"]
        spans = []
        for item in values.get("spans", ()):
            span = Span(item["start"], item["end"], item["label"], item.get("score"))
            if "text" in item and text[span.start : span.end] != item["text"]:
                raise SpanError(
                    f"[{span.start}, {span.end}) {span.label} covers {text[span.start : span.end]!r}, not {item['text']!r}"
                )
            spans.append(span)
        claims: tuple[Claim, ...] = ()
        if values.get("claims"):
            from claimml.claims import Claim

            claims = tuple(Claim.from_dict(claim) for claim in values["claims"])
        return cls(text, tuple(spans), claims, str(values.get("id", "")), str(values.get("tagger", "")))


def without_overlaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that survive when of each overlapping pair the longer (then the earlier) stays."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return tuple(sorted(kept))
