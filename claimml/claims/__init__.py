"""Document -> claims: who sent, used, tested, made, had or lost how many of what, and who says so."""

from __future__ import annotations

from claimml.claims.events import EventClassifier, RuleClassifier, Trigger
from claimml.claims.reading import read_claims, with_claims
from claimml.claims.record import EVENTS, STATUSES, Claim, Evidence, Mention, Moment

__all__ = [
    "EVENTS",
    "STATUSES",
    "Claim",
    "EventClassifier",
    "Evidence",
    "Mention",
    "Moment",
    "RuleClassifier",
    "Trigger",
    "read_claims",
    "with_claims",
]
