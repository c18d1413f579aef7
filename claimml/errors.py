"""What claimml raises on purpose. Each message says where, what, and what to do about it.

ClaimmlError
├── SpanError        a span that does not fit its text or its neighbours
├── FormatError      a file that cannot be read as what it should be
├── ConfigError      a setting that is unknown, missing or of the wrong type
├── ModelError       a model directory that is missing, incomplete or at odds with itself
└── MissingExtra     a part of claimml whose packages are not installed
"""

from __future__ import annotations


class ClaimmlError(Exception):
    """Anything that claimml raises on purpose."""


class SpanError(ClaimmlError, ValueError):
    """A span that does not fit its text or its neighbours."""


class FormatError(ClaimmlError, ValueError):
    """A file that cannot be read as what it should be; the message names file and line."""


class ConfigError(ClaimmlError, ValueError):
    """A setting that is unknown, missing or of the wrong type."""


class ModelError(ClaimmlError):
    """A model directory that is missing, incomplete or at odds with itself."""


class MissingExtra(ClaimmlError, ImportError):
    """A part of claimml whose packages are not installed.

    `MissingExtra("train", error)` names the pip command that brings them.
    """

    def __init__(self, extra: str, missing: ImportError | None = None) -> None:
        name = f" ({missing.name} is missing)" if missing is not None and missing.name else ""
        super().__init__(f"this needs the {extra!r} extra{name}: pip install 'claimml[{extra}]'")
        self.extra = extra
