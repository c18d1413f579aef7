"""Who tags: the protocol, and the way to one by name.

A tagger is anything with `name`, `labels` and `tag`: the rules, a model directory, a fake in a test.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from claimml.document import Document
from claimml.errors import ModelError


class Tagger(Protocol):
    """Texts in, documents out, in the same order; the same text gives the same spans in any company."""

    @property
    def name(self) -> str: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def tag(self, texts: Sequence[str]) -> list[Document]: ...


MODELS = Path(__file__).with_name("models")
DEFAULT = "mini"


def load(name: str | Path | None = None) -> Tagger:
    """The tagger of that name: "rules", a shipped model's name, or a model directory.

    None is the default: the shipped model. Raises `ModelError` where there is none such; a tagger
    never stands in for another in silence.
    """
    raise NotImplementedError


def stream(tagger: Tagger, texts: Iterable[str], batch: int = 64) -> Iterator[Document]:
    """Tag a corpus that need not fit in memory: documents come as texts go, `batch` at a time."""
    iterator = iter(texts)
    while chunk := list(islice(iterator, batch)):
        yield from tagger.tag(chunk)
