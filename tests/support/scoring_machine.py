"""A rule-based machine: interleaved events of every troublesome kind, re-batched, over a worker that keeps breaking."""

from collections import Counter
from typing import Any, ClassVar

import msgspec
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.contracts.event import Event, content_hash
from tests.support.event_strategies import FACTS, FAMILIES, FIRST_DAY, REGISTER, SOURCES, moment, reach, unit
from tests.support.scoring_world import Fault, ScoringWorld

DAYS = (FIRST_DAY - 1, FIRST_DAY, FIRST_DAY + 2, FIRST_DAY + 4, FIRST_DAY + 7, FIRST_DAY + 9, FIRST_DAY + 190)
"""Before, within and after the days of the events, and long after, when what they say is stale."""

IDS = tuple(f"e{number}" for number in range(12))
"""Few, so that events meet; a link may name one that is not sent yet, or never is."""

HEARTBEAT = "system.heartbeat"
RETRACTION = "event.retracted"

recorded = st.sampled_from([0, 1, 2])
source = st.sampled_from((SOURCES[0], SOURCES[0], SOURCES[1]))


class ScoringMachine(RuleBasedStateMachine):
    """Events wait in an outbox, so that they come late and out of order; cells and receipts are compared every step."""

    examples: ClassVar[int] = 0
    """How many worlds were built and compared to their end."""

    outcomes: ClassVar[Counter[str]] = Counter()
    """In how many of them each outcome of an event was told."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ScoringWorld(FACTS, REGISTER)
        self.made: list[Event] = []
        self.outbox: list[Event] = []

    @initialize(family=st.sampled_from(sorted(FAMILIES)), data=st.data())
    def begin(self, family: str, data: st.DataObject) -> None:
        """One family of types, on one of its subjects mostly."""
        subjects, self.types = FAMILIES[family]
        first = data.draw(st.sampled_from(subjects))
        self.subject = st.sampled_from((first, first, *subjects))

    @rule(data=st.data())
    def new_event(self, data: st.DataObject) -> None:
        """Mostly new; under an id that is taken it is a conflict."""
        id_ = self._new_id(data)
        kind = data.draw(st.sampled_from(sorted(self.types)))
        self._make(data, kind, id_, data.draw(self.types[kind]))

    @precondition(lambda self: self.made)
    @rule(data=st.data(), when=recorded)
    def duplicate(self, data: st.DataObject, when: int) -> None:
        """The same content again, recorded at another moment, sent with another key."""
        event = data.draw(st.sampled_from(self.made))
        linked = event.corrects or event.type == RETRACTION
        again = {"reach": data.draw(reach)} if linked else {}
        self._put(msgspec.structs.replace(event, recorded=when, **again))

    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        """Of an original or of another correction, sent or not; day, unit and content are drawn anew."""
        id_, other = self._new_id(data), self._named_id(data)
        known = [e for e in self.made if e.id == other and e.type not in (HEARTBEAT, RETRACTION)]
        kinds = [known[0].type] if known else sorted(set(self.types) - {HEARTBEAT})
        kind = data.draw(st.sampled_from(kinds))
        self._make(data, kind, id_, data.draw(self.types[kind]), corrects=other)

    @precondition(lambda self: any(e.type not in (HEARTBEAT, RETRACTION) for e in self.made))
    @rule(data=st.data(), field=st.sampled_from(("time", "unit", "data")), when=recorded)
    def correct_one_thing(self, data: st.DataObject, field: str, when: int) -> None:
        """Moves a sent event to another day or another unit, or changes one field of it, such as the channel.

        Counts are redrawn whole: ingest lets no part pass that is greater than its whole.
        """
        event = data.draw(st.sampled_from([e for e in self.made if e.type not in (HEARTBEAT, RETRACTION)]))
        fields: dict[str, st.SearchStrategy[Any]] = {"time": moment, "unit": unit, "data": self.types[event.type]}
        whole = data.draw(fields[field])
        if field == "data" and event.data and "revision" not in event.data:
            name = data.draw(st.sampled_from(sorted(event.data)))
            whole = {**event.data, name: whole[name]}
        linked = {"id": self._new_id(data), "corrects": event.id, "recorded": when, "reach": ("*",), field: whole}
        self._put(msgspec.structs.replace(event, **linked))

    @rule(data=st.data())
    def retract(self, data: st.DataObject) -> None:
        """Of an event, a correction, a retraction, itself, or nothing."""
        self._make(data, RETRACTION, self._new_id(data), {"id": self._named_id(data)})

    @precondition(lambda self: self.outbox)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Some of what waits, in any order, as one record."""
        count = data.draw(st.integers(1, len(self.outbox)))
        order = data.draw(st.permutations(range(len(self.outbox))))[:count]
        self.world.send([self.outbox[place] for place in order])
        self.outbox = [event for place, event in enumerate(self.outbox) if place not in order]

    @precondition(lambda self: self.world.backlog)
    @rule(records=st.integers(1, 4), fault=st.sampled_from(Fault))
    def work(self, records: int, fault: Fault) -> None:
        """A block of any size; the worker or an insert may break at any step of it."""
        self.world.work(records, fault)
        self.world.assert_exact(DAYS, FIRST_DAY - 10)

    @rule(keep_store=st.booleans())
    def take_over(self, keep_store: bool) -> None:
        """Another owner, which finds a store or none."""
        self.world.restart(keep_store=keep_store)

    def teardown(self) -> None:
        """All that waits is sent and processed, and compared for the last time."""
        if self.outbox:
            self.world.send(self.outbox)
        while self.world.backlog:
            self.world.work(3, Fault.NONE)
        self.world.assert_exact(DAYS, FIRST_DAY - 10)
        ScoringMachine.examples += 1
        ScoringMachine.outcomes.update(self.world.outcomes)

    def _new_id(self, data: st.DataObject) -> str:
        """Three times in four one that is not taken."""
        free = [one for one in IDS if one not in {event.id for event in self.made}]
        return data.draw(st.sampled_from([*free, *free, *free, *IDS]))

    def _named_id(self, data: st.DataObject) -> str:
        """Mostly one that is made."""
        return data.draw(st.sampled_from([*(event.id for event in self.made), *IDS[::4]]))

    def _make(self, data: st.DataObject, kind: str, id_: str, content: dict[str, Any], corrects: str = "") -> None:
        linked = kind == RETRACTION or bool(corrects)
        event = Event(
            source=data.draw(source),
            id=id_,
            type=kind,
            subject=data.draw(self.subject),
            time=data.draw(moment),
            unit=data.draw(unit),
            recorded=data.draw(recorded),
            corrects=corrects,
            content=b"",
            data=content,
            reach=data.draw(reach) if linked else (),
        )
        self._put(event)

    def _put(self, event: Event) -> None:
        whole = msgspec.structs.replace(event, content=content_hash(event))
        self.made.append(whole)
        self.outbox.append(whole)


def bounded(examples: int, steps: int, **more: Any) -> settings:
    """Settings of a run; no deadline, since an example is many blocks.

    The search for a shorter example is off: of a history this long it takes minutes, in which nothing is said.
    """
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    return settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases, **more)
