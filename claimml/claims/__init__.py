"""Document -> claims: who sent, used, tested, made, had or lost how many of what, and who says so."""

from __future__ import annotations

from claimml.claims.events import EventClassifier, RuleClassifier, Trigger
from claimml.claims.reading import read_claims, with_claims
from claimml.claims.record import EVENTS, STATUSES, Claim, Evidence, Mention, Moment
from claimml.claims.score import count_claims, join, read_standoff, score_claims
from claimml.claims.times import published
from claimml.claims.view import claims_csv, claims_jsonl, claims_page, claims_table

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
    "claims_csv",
    "claims_jsonl",
    "claims_page",
    "claims_table",
    "count_claims",
    "join",
    "published",
    "read_claims",
    "read_standoff",
    "score_claims",
    "with_claims",
]
