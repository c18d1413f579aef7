"""From a document with spans to its claims: triggers, then their arguments, then who says so and when."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from claimml.claims.events import EventClassifier, RuleClassifier, Trigger
from claimml.claims.record import Claim, Evidence, Mention, Moment
from claimml.claims.roles import Arguments, Thing, Walker
from claimml.claims.sources import Sources
from claimml.claims.times import moments, published
from claimml.claims.words import Sentence, Token, sentences, triggers
from claimml.document import Document
from claimml.gazetteer import Gazetteer
from claimml.quantity import Quantity

_PER = re.compile(
    r"\s*(?:per|setiap|tiap|/|a|an|each|every)\s*(hari|bulan|tahun|pekan|minggu|malam|jam|menit|detik|day|month|year|week|night|hour|minute)\b",
    re.I,
)
# How many sentences back what is pointed at may stand, and a party left out.
_REACH, _FAR = 12, 40
_REPORT = frozenset(["laporan", "data", "dokumen", "grafik", "kajian", "report", "study"])


@functools.cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def read_claims(
    document: Document,
    *,
    published_on: date | None = None,
    classifier: EventClassifier | None = None,
    gazetteer: Gazetteer | None = None,
) -> tuple[Claim, ...]:
    """The claims of a document by its spans, whoever found them, in the order of their triggers.

    `published_on` anchors "Senin" and "tahun lalu"; None takes the date that the article gives itself, if any.
    `classifier` decides event and status (default: the rules), `gazetteer` the canonical ids.
    """
    reader = _Reader(document, published_on, classifier or RuleClassifier(), gazetteer or _gazetteer())
    return tuple(reader.claims())


def with_claims(documents: Iterable[Document], **options: object) -> Iterable[Document]:
    """Each document with its claims read; `options` as in `read_claims`."""
    for document in documents:
        yield dataclasses.replace(document, claims=read_claims(document, **options))  # type: ignore[arg-type]


class _Reader:
    def __init__(self, document: Document, day: date | None, classifier: EventClassifier, gazetteer: Gazetteer) -> None:
        self.text = document.text
        self.day = day or published(document.text, document.id)
        self.classifier = classifier
        self.gazetteer = gazetteer
        self.lexicon = triggers()
        self.sentences = list(sentences(document.text, document.spans))
        self.sources = Sources(document.text, self.sentences, self.lexicon)
        self.found: list[tuple[int, Claim]] = []  # with the index of the sentence

    def claims(self) -> list[Claim]:
        for index, sentence in enumerate(self.sentences):
            marks = self.classifier.triggers(sentence)
            walker = Walker(self.text, sentence, marks, self.lexicon)
            mine: list[Claim] = []
            for mark in marks:
                for claim in self._read(index, sentence, walker, mark, marks):
                    if not any(_same(claim, other) for other in mine):
                        mine.append(claim)
            self.found += [(index, self._reported_on(index, claim)) for claim in mine]
        return [claim for _, claim in self.found]

    def _read(self, index: int, sentence: Sentence, walker: Walker, trigger: Trigger, marks: Sequence[Trigger]) -> list[Claim]:
        arguments = walker.right(trigger)
        words, classes = self.lexicon.down
        if sentence.tokens[trigger.first].word in words and any(self._item(thing).id in classes for thing in arguments.things):
            trigger = dataclasses.replace(trigger, event="loss", frame="take")
        roles = _roles(trigger, arguments, walker, self.mention)
        things = arguments.things
        if trigger.voice == "passive":
            if trigger.frame == "take" and things and things[0].quantity is None:
                things = []  # "ditangkap pesawat patroli": who did it
            if not things or walker.thing_before(trigger.first):
                things = self._things_before(walker, trigger, roles)
        elif trigger.frame == "hit" and not things:
            things = self._striker(walker, trigger, roles)
        words, classes = self.lexicon.crash
        if sentence.tokens[trigger.first].word in words:
            things = [thing for thing in things if self._item(thing).id not in classes]
        status = trigger.status
        if arguments.status and status == "asserted":
            status = arguments.status
        if trigger.event == "transfer":
            self._complete(index, sentence, trigger, roles, things)
        if not things and not roles.pop("known", None):
            return self._anaphoric(index, sentence, trigger, roles, status)
        roles.pop("known", None)
        parties = ("supplier", "recipient") if trigger.event == "transfer" else ("actor", "target")
        if not any(roles.get(party) for party in parties):
            return []
        if (
            trigger.event == "transfer"
            and trigger.weak
            and not roles.get("recipient" if trigger.frame == "get" else "supplier")
        ):
            return []
        none: list[None] = [None]
        return [
            claim
            for thing in things or none
            for first in roles.get(parties[0]) or none
            for second in roles.get(parties[1]) or none
            if first != second
            for claim in [
                self._claim(
                    index, sentence, walker, trigger, status, thing, dict(zip(parties, (first, second), strict=True)), roles
                )
            ]
        ]

    def _reported_on(self, index: int, claim: Claim) -> Claim:
        """A claim that goes on telling what the report of the sentence before told, of the same parties, is the report's."""
        if claim.source or not index or claim.status != "asserted" or not (claim.supplier and claim.recipient):
            return claim
        before = self.sentences[index - 1]
        if not any(token.word in _REPORT for token in before.tokens):
            return claim
        for i, told in reversed(self.found):
            if i != index - 1:
                break
            parties = ((told.supplier, claim.supplier), (told.recipient, claim.recipient))
            same = all(mine and theirs and _same_party(self.text, mine, theirs) for theirs, mine in parties)
            if told.source and told.event == claim.event and same:
                return dataclasses.replace(claim, source=told.source)
        return claim

    # ---- pieces of a claim

    def _claim(
        self,
        index: int,
        sentence: Sentence,
        walker: Walker,
        trigger: Trigger,
        status: str,
        thing: Thing | None,
        parties: dict[str, Mention | None],
        roles: dict[str, list[Mention]],
    ) -> Claim:
        tokens = sentence.tokens
        places = {name: roles[name][0] for name in ("origin", "destination", "via") if roles.get(name)}
        return Claim(
            event=trigger.event,
            status=status,
            evidence=Evidence(sentence.start, sentence.end, (tokens[trigger.first].start, tokens[trigger.last - 1].end)),
            item=self._item(thing) if thing else None,
            quantity=self._quantity(walker, thing),
            time=self._time(index, sentence, trigger),
            source=self._source(index, trigger, parties),
            **parties,
            **places,
        )

    def _item(self, thing: Thing) -> Mention:
        surface = self.text[thing.start : thing.end]
        id = "troops" if surface.lower() in self.lexicon.troops else self.gazetteer.canonical(surface, "WEAPON")
        return Mention(thing.start, thing.end, id)

    def _quantity(self, walker: Walker, thing: Thing | None) -> Quantity | None:
        if thing is None or thing.quantity is None:
            return None
        quantity = walker.quantity(thing.quantity)
        if quantity.per is None and thing.start >= quantity.end:
            rate = _PER.match(self.text, thing.end)
            if rate:
                quantity = dataclasses.replace(quantity, per=rate[1].lower())
        return quantity

    def mention(self, token: Token) -> Mention:
        """A party or place as it stands in the text, with its canonical id."""
        return Mention(token.start, token.end, self.gazetteer.canonical(self.text[token.start : token.end], token.kind))

    def _source(self, index: int, trigger: Trigger, parties: dict[str, Mention | None]) -> tuple[Mention, ...]:
        spans = self.sources.of(index, trigger.first)
        return tuple(Mention(start, end, self.gazetteer.canonical(self.text[start:end], "ACTOR")) for start, end in spans)

    def _time(self, index: int, sentence: Sentence, trigger: Trigger) -> Moment | None:
        """The time expression of the trigger's clause: the nearest that no verb of saying stands before."""
        tokens = sentence.tokens
        place = tokens[trigger.first].start
        best: Moment | None = None
        said = [tokens[a.at].start for a in self.sources.spoken[index]]
        for moment in moments(self.text, sentence.start, sentence.end, self.day):
            low, high = sorted((place, moment.start))
            if any(low < at < high for at in said) or any(
                moment.start - 90 < at < moment.start and not at < place < moment.start for at in said
            ):
                continue
            if (
                moment.start < place
                and any(t.word == "," for t in tokens if moment.end <= t.start < place)
                and moment.start > sentence.start + 40
            ):
                continue
            if best is None or (moment.start < place, abs(moment.start - place)) < (
                best.start < place,
                abs(best.start - place),
            ):
                best = moment
        return best

    # ---- what stands before the trigger, or in the sentences before

    def _things_before(self, walker: Walker, trigger: Trigger, roles: dict[str, list[Mention]]) -> list[Thing]:
        """The subject of a passive: what was sent, fired, seized; its owner takes part too."""
        tokens = walker.tokens
        group = walker.subject(trigger.first, weapon=True)
        things: list[Thing] = []
        pending: int | None = None
        for i in group:
            token = tokens[i]
            if token.kind == "WEAPON":
                things.append(Thing(token.start, token.end, i, pending))
                pending = None
            else:
                noun = walker.troop_noun(token)
                if noun:
                    things.append(Thing(*noun, i, i))
                elif walker.countable(i):
                    pending = i
        if (
            group
            and things
            and group[0]
            and tokens[group[0] - 1].kind == "QUANTITY"
            and things[0].quantity is None
            and walker.countable(group[0] - 1)
        ):
            things[0].quantity = group[0] - 1
        owner = {"transfer": "supplier" if trigger.frame == "give" else "", "loss": "actor"}.get(trigger.event, "actor")
        if things:
            behind = things[-1].token + 1
            if (
                owner
                and not roles.get(owner)
                and behind < len(tokens)
                and tokens[behind].kind == "ACTOR"
                and behind < trigger.first
            ):
                roles.setdefault(owner, []).append(self.mention(tokens[behind]))
        elif not things and trigger.event in ("use", "transfer", "loss"):
            before = [i for i in walker.subject(trigger.first)[-1:] if walker.troops_of(tokens[i])]
            for i in before:
                start, end = walker.troops_of(tokens[i]) or (0, 0)
                things.append(Thing(start, end, i))
                if owner and not roles.get(owner):
                    roles.setdefault(owner, []).append(self.mention(tokens[i]))
        return things

    def _striker(self, walker: Walker, trigger: Trigger, roles: dict[str, list[Mention]]) -> list[Thing]:
        """The weapon that strikes by itself: "drone [Rusia] menghantam"."""
        if trigger.voice != "active":
            return []
        tokens = walker.tokens
        i = trigger.first - 1
        while i >= 0 and tokens[i].kind == "word" and trigger.first - i < 4:
            i -= 1
        owner = i if i >= 0 and tokens[i].kind == "ACTOR" else None
        weapon = i - 1 if owner is not None else i
        if weapon >= 0 and tokens[weapon].kind == "WEAPON" and not walker.compounded(weapon):
            if owner is not None:
                roles["actor"] = [self.mention(tokens[owner])]
            quantity = weapon - 1 if weapon and tokens[weapon - 1].kind == "QUANTITY" and walker.countable(weapon - 1) else None
            return [Thing(tokens[weapon].start, tokens[weapon].end, weapon, quantity)]
        return []

    def _complete(
        self, index: int, sentence: Sentence, trigger: Trigger, roles: dict[str, list[Mention]], things: list[Thing]
    ) -> None:
        """Ellipsis: a supplier who "also", "still", "again" sends sends to whom he was last said to send."""
        supplier = roles.get("supplier")
        if not supplier or roles.get("recipient") or roles.get("destination"):
            return
        tokens = sentence.tokens
        near = tokens[max(0, trigger.first - 8) : trigger.last + 6]
        if not any(token.word in self.lexicon.again for token in near) and things:
            return
        told = [
            claim
            for i, claim in reversed(self.found)
            if index - i <= _FAR
            and claim.event == "transfer"
            and claim.recipient
            and claim.supplier
            and _same_party(self.text, claim.supplier, supplier[0])
        ]
        # Whom he was said to send to most often; of equals, the last.
        counts = Counter(claim.recipient.id or claim.recipient.text_of(self.text) for claim in told if claim.recipient)
        claim = max(
            told, key=lambda c: counts[c.recipient.id or c.recipient.text_of(self.text)] if c.recipient else 0, default=None
        )
        if claim and claim.recipient:
            roles["recipient"] = [claim.recipient]
            if not things and claim.item and trigger.voice == "noun":
                things.append(Thing(claim.item.start, claim.item.end, -1))

    def _anaphoric(
        self, index: int, sentence: Sentence, trigger: Trigger, roles: dict[str, list[Mention]], status: str
    ) -> list[Claim]:
        """ "tidak mengonfirmasi pengerahan tersebut": the last claim told, denied or doubted by someone else."""
        if trigger.voice != "noun" or status not in ("denied", "not_confirmed") or trigger.event not in ("transfer", "use"):
            return []
        tokens = sentence.tokens
        if trigger.last >= len(tokens) or tokens[trigger.last].word not in ("tersebut", "itu", "ini"):
            return []
        spans = self.sources.of(index, trigger.first)
        troops = tokens[trigger.first].word in ("pengerahan", "penempatan", "deployment of")
        for before, claim in reversed(self.found):
            if index - before > _REACH or (troops and (claim.item is None or claim.item.id != "troops")):
                continue
            if claim.event in ("transfer", "use") and claim.status != status:
                evidence = Evidence(sentence.start, sentence.end, (tokens[trigger.first].start, tokens[trigger.last - 1].end))
                who = tuple(
                    Mention(start, end, self.gazetteer.canonical(self.text[start:end], "ACTOR")) for start, end in spans
                )
                return [dataclasses.replace(claim, status=status, evidence=evidence, source=who, quantity=None, time=None)]
        return []


def _roles(
    trigger: Trigger, arguments: Arguments, walker: Walker, mention: Callable[[Token], Mention]
) -> dict[str, list[Mention]]:
    """Parties and places by the names of a claim, from roles by preposition and the frame of the trigger."""
    tokens, found = walker.tokens, arguments.roles
    roles: dict[str, list[Mention]] = {}

    def put(name: str, indices: Iterable[int]) -> None:
        for i in indices:
            roles.setdefault(name, []).append(mention(tokens[i]))

    subject = _subject(trigger, walker)
    if trigger.event == "transfer":
        giver, getter = ("supplier", "recipient")
        put(getter, found.get("to", ()))
        put(giver, found.get("from", ()))
        if trigger.frame == "give":
            if trigger.voice == "active":
                roles.pop(giver, None)
                put(giver, subject)
                if getter not in roles:
                    put(getter, found.get("object", ()))
                if giver not in roles:
                    put(giver, found.get("from", ()))
            elif trigger.voice == "passive":
                put(giver, found.get("by", ()) or (found.get("object", ()) if giver not in roles else ()))
                if getter not in roles and arguments.things:
                    put(getter, walker.subject(trigger.first)[:1])
            else:
                if giver not in roles:
                    put(giver, found.get("by") or found.get("object") or found.get("owner") or subject)
        elif trigger.frame == "get":
            if trigger.voice == "active":
                roles.pop(getter, None)
                put(getter, subject)
                if not found.get("from"):
                    put(giver, found.get("owner", ()))
                if not found.get("from") and trigger.status == "requested":
                    put(giver, found.get("object", ()))
            elif trigger.voice == "passive":
                put(getter, found.get("by", ()) or found.get("object", ()))
            else:
                if getter not in roles:
                    put(getter, found.get("by") or found.get("object") or subject)
                    if getter not in roles:
                        put(getter, found.get("owner", ()))
        put("destination", found.get("place to", ()))
        put("origin", found.get("place from", ()))
        put("via", found.get("place via", ()))
        return roles
    targets = [i for role in ("against", "to", "place to", "place against", "place at") for i in found.get(role, ())]
    if trigger.frame == "take":
        # The loser is who owned it; who took it, or where, stands as the target.
        put("actor", found.get("owner", ()) or found.get("from", ()))
        if trigger.voice == "active":
            put("target", subject or found.get("place at", ()))
        elif trigger.voice == "passive":
            put("target", found.get("by", ()) or found.get("place at", ()))
        else:
            put("target", found.get("by", ()) or found.get("object", ()) or subject)
        return roles
    if trigger.frame == "hit":
        if trigger.voice == "active":
            put("actor", subject)
            put("target", found.get("object", ()) or targets)
        elif trigger.voice == "passive":
            put("actor", found.get("by", ()))
            put("target", walker.subject(trigger.first)[:1])
        else:
            put("actor", found.get("object", ()) or found.get("by", ()) or found.get("owner", ()) or subject)
            put("target", targets)
        return roles
    if trigger.voice == "active":
        put("actor", subject)
    elif trigger.voice == "passive":
        put("actor", found.get("by", ()) or found.get("object", ()))
    else:
        put("actor", found.get("by", ()) or found.get("object", ()) or found.get("owner", ()) or subject)
    if trigger.event in ("use", "test"):
        put("target", targets[:1])
    put("origin", found.get("place from", ()) if trigger.event in ("use", "test") else ())
    return roles


def _subject(trigger: Trigger, walker: Walker) -> list[int]:
    """The names that do what the trigger says, reduced to the state where a person speaks for it."""
    if trigger.voice == "passive":
        return []
    first = trigger.first
    tokens = walker.tokens
    if trigger.voice == "noun":
        # A noun has a subject where a verb before it lends its own: "AS menyetujui penjualan", or in a headline.
        if first and tokens[first - 1].kind == "ACTOR":
            return walker.group(first - 1, ("ACTOR",)) if not walker.role_of(first - 1) else []
        lent = next(
            (
                i
                for i in range(first - 1, max(-1, first - 4), -1)
                if tokens[i].kind == "word" and walker.lexicon.control.at(tokens, i)
            ),
            None,
        )
        if lent is None:
            return []
        first = lent
    group = walker.subject(first)
    # "Presiden [Rusia] [Putin] mengirim": the state is the party.
    return [i for n, i in enumerate(group) if not (n and group[n - 1] == i - 1)]


def _same_party(text: str, one: Mention, other: Mention) -> bool:
    if one.id and other.id:
        return one.id == other.id
    return one.text_of(text).lower() == other.text_of(text).lower()


def _same(one: Claim, other: Claim) -> bool:
    """Whether a claim tells again what another of its sentence told: same event and thing."""
    return (
        one.event == other.event
        and one.item == other.item
        and one.item is not None
        and (
            (
                one.quantity == other.quantity
                and (one.supplier, one.recipient) == (other.supplier, other.recipient)
                and one.actor == other.actor
            )
            or one.evidence.trigger != other.evidence.trigger
        )
    )
