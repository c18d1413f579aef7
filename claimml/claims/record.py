"""The claim record: what a text says happened, each field with the characters it was read from.

Every filled field points into the text; what the text does not say is None. Canonical ids stand beside
the surface where the gazetteer knows one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimml.errors import FormatError
from claimml.quantity import Quantity

EVENTS = ("transfer", "use", "test", "production", "possession", "loss")
STATUSES = ("asserted", "alleged", "possible", "planned", "requested", "denied", "not_confirmed", "halted")
ROLES = ("supplier", "recipient", "actor", "target", "item", "origin", "destination", "via")


def slots_of(event: str) -> tuple[str, str]:
    """The two parties of a claim of an event."""
    return ("supplier", "recipient") if event == "transfer" else ("actor", "target")


@dataclass(frozen=True, slots=True)
class Mention:
    """A party, thing or place at code points `[start, end)`; `id` its canonical id, None where unknown."""

    start: int
    end: int
    id: str | None = None

    def text_of(self, text: str) -> str:
        """The characters that it covers."""
        return text[self.start : self.end]

    def to_dict(self, text: str) -> dict[str, Any]:
        """JSON shape: offsets, surface, id."""
        return {"start": self.start, "end": self.end, "text": self.text_of(text), "id": self.id}


def once_each(text: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Mentions without the abbreviations in brackets that repeat the name before them: "Badan Intelijen Nasional (NIS)"."""
    ends = {mention.end for mention in mentions}

    def repeats(mention: Mention) -> bool:
        return mention.start - 2 in ends and text[mention.start - 2 : mention.start] == " (" and mention.text_of(text).isupper()

    return tuple(mention for mention in mentions if not repeats(mention))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time expression at `[start, end)`. `iso` is a date (2024, 2024-02, 2024-02-11) or an interval of two with
    `/` between and `..` for an open end; None where text and publication date do not allow one."""

    start: int
    end: int
    iso: str | None = None

    def text_of(self, text: str) -> str:
        """The characters that it covers."""
        return text[self.start : self.end]

    def to_dict(self, text: str) -> dict[str, Any]:
        """JSON shape: offsets, surface, ISO date or interval."""
        return {"start": self.start, "end": self.end, "text": self.text_of(text), "iso": self.iso}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence `[start, end)` that makes the claim, and the trigger word(s) in it."""

    start: int
    end: int
    trigger: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """JSON shape: offsets alone."""
        return {"start": self.start, "end": self.end, "trigger": list(self.trigger)}


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement that weapons, materiel or troops moved, were used, tested, made, held or lost.

    `event` is one of `EVENTS`, `status` one of `STATUSES`. A transfer has `supplier` and `recipient`, any other
    event `actor` (who uses, makes, has or loses) and `target` (whom or where it strikes; of a loss, who took or
    destroyed). `source` lists who says so, nearest to the event first, and is empty where the text itself does.
    """

    event: str
    status: str
    evidence: Evidence
    supplier: Mention | None = None
    recipient: Mention | None = None
    actor: Mention | None = None
    target: Mention | None = None
    item: Mention | None = None
    quantity: Quantity | None = None
    origin: Mention | None = None
    destination: Mention | None = None
    via: Mention | None = None
    time: Moment | None = None
    source: tuple[Mention, ...] = ()

    def __post_init__(self) -> None:
        for value, known, field in ((self.event, EVENTS, "event"), (self.status, STATUSES, "status")):
            if value not in known:
                raise FormatError(f"{field} {value!r} of a claim is none of {', '.join(known)}")

    def to_dict(self, text: str | None = None) -> dict[str, Any]:
        """JSON shape, null where the text does not say; without `text` (stand-off) no surface is given."""

        def surface(value: Mention | Moment | Quantity | None) -> dict[str, Any] | None:
            if value is None:
                return None
            fields = value.to_dict(text or "")
            fields.pop("currency", None)
            if isinstance(value, Quantity):
                fields["unit"] = value.unit or value.currency
            if text is None:
                fields.pop("text")
            return fields

        return {
            "event": self.event,
            "status": self.status,
            **{name: surface(getattr(self, name)) for name in ROLES[:5]},
            "quantity": surface(self.quantity),
            **{name: surface(getattr(self, name)) for name in (*ROLES[5:], "time")},
            "source": [surface(source) for source in self.source],
            "evidence": self.evidence.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Claim:
        """Undo `to_dict`. Raises `FormatError` for a field that is missing or misshapen."""
        try:
            span = values["evidence"]
            start, end = span["trigger"]
            quantity = values.get("quantity")
            time = values.get("time")
            return cls(
                event=values["event"],
                status=values["status"],
                evidence=Evidence(span["start"], span["end"], (start, end)),
                quantity=quantity and _quantity(quantity),
                time=time and Moment(time["start"], time["end"], time.get("iso")),
                source=tuple(_mention(source) for source in values.get("source") or ()),
                **{name: _mention(values[name]) for name in ROLES if values.get(name)},
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(
                f"not a claim ({type(error).__name__}: {error}); its fields are listed in docs/claims.md"
            ) from error


def _mention(values: Mapping[str, Any]) -> Mention:
    return Mention(values["start"], values["end"], values.get("id"))


def _quantity(values: Mapping[str, Any]) -> Quantity:
    unit = values.get("unit")
    currency = unit if unit and len(unit) == 3 and unit.isupper() else None
    bounds = (values.get("value"), values.get("low"), values.get("high"))
    return Quantity(values["start"], values["end"], *bounds, values["comparator"], unit, values.get("per"), currency)
