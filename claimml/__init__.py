"""Tag every QUANTITY, WEAPON, ACTOR and LOCATION of a news article, and read claims off them.

    >>> import claimml
    >>> document = claimml.predict("Korea Utara mengirim 7 ribu kontainer amunisi ke Rusia.")
    >>> [(document.text_of(span), span.label) for span in document.spans]
    [('Korea Utara', 'ACTOR'), ('7 ribu kontainer', 'QUANTITY'), ('amunisi', 'WEAPON'), ('Rusia', 'ACTOR')]

`predict` for one text, `load(name).tag(texts)` for many, `stream` for more than fits in memory,
`quantities` for amounts alone, `score` to compare with gold. Names are loaded when first used, so
that `import claimml` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claimml.document import LABELS, Document, Span
    from claimml.errors import ClaimmlError, ConfigError, FormatError, MissingExtra, ModelError, SpanError
    from claimml.quantity import Quantity, quantities
    from claimml.scoring import score
    from claimml.tagger import Tagger, load, predict, stream

__version__ = "0.1.0"

_HOME = {
    "LABELS": "document",
    "Document": "document",
    "Span": "document",
    "ClaimmlError": "errors",
    "ConfigError": "errors",
    "FormatError": "errors",
    "MissingExtra": "errors",
    "ModelError": "errors",
    "SpanError": "errors",
    "Quantity": "quantity",
    "quantities": "quantity",
    "score": "scoring",
    "Tagger": "tagger",
    "load": "tagger",
    "predict": "tagger",
    "stream": "tagger",
}

__all__ = [
    "LABELS",
    "ClaimmlError",
    "ConfigError",
    "Document",
    "FormatError",
    "MissingExtra",
    "ModelError",
    "Quantity",
    "Span",
    "SpanError",
    "Tagger",
    "load",
    "predict",
    "quantities",
    "score",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'claimml' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"claimml.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
