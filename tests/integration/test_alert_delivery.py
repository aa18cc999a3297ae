"""Queues to real HTTP receivers: nobody is delayed by another, nothing is lost, nothing is told twice in one breath."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import REGISTRY
from structlog import wrap_logger
from structlog.stdlib import BoundLogger
from structlog.testing import LogCapture

from services.alerts.app import first_to_end
from services.alerts.channels.http import Network
from services.alerts.delivery import DeliveryQueue, Timing, full_jitter
from services.alerts.delivery_log import DeliveryLog
from services.alerts.dispatch import Dispatch
from services.alerts.grouping import Pace
from services.alerts.policy import RULES, Policies, Policy, PolicyFile
from services.alerts.receivers import WEBHOOK, load_receivers
from services.alerts.retrying import REFUSALS
from services.alerts.store import DeliveryStep
from shared.catalogue.working_days import WorkingCalendar
from shared.errors import FencedError
from tests.support.alert_store import MemoryAlertStore
from tests.support.delivering import SECRET, delivering, reach, states, until, webhook
from tests.support.notifications import SetClock, change, notification, resolved
from tests.support.webhook import WebhookReceiver

Receivers = Callable[[], WebhookReceiver]


@pytest.fixture
def start() -> Iterator[Receivers]:
    """Starts receivers; all are stopped at the end."""
    started: list[WebhookReceiver] = []

    def one() -> WebhookReceiver:
        receiver = WebhookReceiver()
        receiver.start()
        started.append(receiver)
        return receiver

    yield one
    for receiver in started:
        receiver.stop()


@pytest.fixture
def store() -> MemoryAlertStore:
    return MemoryAlertStore()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def at_once(clock: SetClock) -> Timing:
    """Retries draw the shortest wait, so that only what the receiver asks for is waited."""
    return Timing(clock, jitter=lambda _: 0.0)


async def test_receivers_in_every_kind_of_trouble_delay_nobody(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore
) -> None:
    hanging, failing, busy, gone, moved, inner, good = (start() for _ in range(7))
    hanging.answers_when = Event()
    failing.status, gone.status = 500, 410
    busy.status, busy.answer = 429, {"retry-after": "1800"}
    moved.status, moved.answer = 307, {"location": inner.url}
    troubled = {"hanging": hanging, "failing": failing, "busy": busy, "gone": gone, "moved": moved}
    channels = [webhook(tmp_path, name, receiver.url) for name, receiver in troubled.items()]
    rebound = Network(lambda *_: ["127.0.0.1"])
    url = f"http://partner.test:{inner.port}/"
    channels.append(webhook(tmp_path, "rebound", url, network=rebound, allow_private=False))
    channels.append(webhook(tmp_path, "good", good.url))
    everybody = tuple(channel.name for channel in channels)
    async with delivering(store, [*channels], Timing(SetClock(), jitter=full_jitter)) as queues:
        for queue in queues:
            queue.put([notification(unit, receivers=everybody) for unit in "abc"])
        await reach(store, "good", "delivered", 3)
        for name in ("failing", "busy", "moved", "rebound"):
            await reach(store, name, "failed")
        await reach(store, "gone", "given_up", 3)
        await until(lambda: len(hanging.deliveries) == 1, "a request that hangs")
        assert states(store, "hanging") == []
    assert inner.deliveries == []
    assert {len(receiver.deliveries) for receiver in (busy, gone)} == {1}


async def test_a_receiver_that_fails_gets_it_again_with_the_same_id(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    receiver.status = 500
    async with delivering(store, [webhook(tmp_path, "desk", receiver.url)], at_once(clock)) as (queue,):
        queue.put([notification()])
        await reach(store, "desk", "failed")
        receiver.status = 204
        await reach(store, "desk", "delivered")
    assert len({delivery.headers["webhook-id"] for delivery in receiver.deliveries}) == 1
    assert [step.attempt for step in store.steps] == list(range(1, len(store.steps) + 1))


@pytest.mark.parametrize("asked", ["300", "Mon, 23 Nov 2026 03:05:00 GMT"])
async def test_a_receiver_is_left_alone_as_long_as_it_asks(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock, asked: str
) -> None:
    busy, other = start(), start()
    busy.status, busy.answer = 429, {"retry-after": asked}
    channels = [webhook(tmp_path, "busy", busy.url), webhook(tmp_path, "other", other.url)]
    async with delivering(store, [*channels], at_once(clock)) as (queue, beside):
        queue.put([notification(receivers=("busy",))])
        await reach(store, "busy", "failed")
        busy.status = 204
        for number, unit in enumerate("abc", start=1):
            queue.put([notification(unit, receivers=("busy",))])
            beside.put([notification(unit, receivers=("other",))])
            await reach(store, "other", "delivered", number)
        clock.advance(seconds=300)
        queue.put([])
        await reach(store, "busy", "delivered", 4)
    moments = [step.at for step in store.steps if step.receiver == "busy"]
    assert len(moments) == 5
    assert [moment - moments[0] for moment in moments[1:]] == [timedelta(seconds=300)] * 4


async def test_a_receiver_that_is_gone_is_not_asked_again_and_that_is_said_once(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = start()
    receiver.status = 410
    # Its own logger: what other tests configure for theirs would drop the line.
    capture = LogCapture()
    monkeypatch.setattr("services.alerts.delivery.log", wrap_logger(None, [capture], BoundLogger))
    async with delivering(store, [webhook(tmp_path, "gone", receiver.url)], at_once(clock)) as (queue,):
        queue.put([notification(receivers=("gone",))])
        await reach(store, "gone", "given_up")
        queue.put([resolved(receivers=("gone",))])
        await reach(store, "gone", "given_up", 2)
    assert len(receiver.deliveries) == 1
    assert [line["event"] for line in capture.entries].count("receiver_disabled") == 1
    assert REGISTRY.get_sample_value("chitieu_alerts_receiver_disabled", {"receiver": "gone"}) == 1


async def test_a_refusal_is_given_up_after_a_few_attempts_and_what_follows_is_delivered(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    receiver.status = 400
    async with delivering(store, [webhook(tmp_path, "desk", receiver.url)], at_once(clock)) as (queue,):
        queue.put([notification()])
        await reach(store, "desk", "given_up")
        receiver.status = 204
        queue.put([resolved()])
        await reach(store, "desk", "delivered")
    assert states(store, "desk") == ["failed"] * (REFUSALS - 1) + ["given_up", "delivered"]


async def test_what_an_earlier_owner_left_is_delivered_and_only_to_its_receivers(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    left, other = notification("a"), notification("b", receivers=("province",))
    done = notification("c")
    store.tables.notifications = [left, other, done]
    store.tables.steps = [DeliveryStep(done, "desk", "delivered", 1, clock.now)]
    async with delivering(store, [webhook(tmp_path, "desk", receiver.url)], at_once(clock)) as (queue,):
        await queue.refill()
        queue.put([other, left])
        await reach(store, "desk", "delivered", 2)
    assert [delivery.headers["webhook-id"] for delivery in receiver.deliveries] == [left.id]


async def test_over_the_limit_all_that_waits_is_one_digest_and_critical_goes_at_once(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    channel = webhook(tmp_path, "desk", receiver.url, rate_per_hour=1)
    async with delivering(store, [channel], at_once(clock)) as (queue,):
        queue.put([notification("a")])
        await reach(store, "desk", "delivered")
        queue.put([notification("b"), notification("c"), notification("d", severity="critical")])
        await reach(store, "desk", "delivered", 2)
        clock.advance(minutes=59)
        queue.put([notification("e")])
        await until(lambda: waiting("desk") == 3, "three that wait")
        clock.advance(minutes=1)
        queue.put([])
        await reach(store, "desk", "delivered", 5)
    bodies = [json.loads(delivery.body) for delivery in receiver.deliveries]
    assert [body["type"] for body in bodies] == ["alert.firing", "alert.firing", "alert.digest"]
    assert bodies[1]["data"]["severity"] == "critical"
    assert [change["unit"] for change in bodies[2]["data"]["changes"]] == ["b", "c", "e"]


def waiting(receiver: str) -> float | None:
    return REGISTRY.get_sample_value("chitieu_alerts_waiting", {"receiver": receiver})


class AwayStore(MemoryAlertStore):
    """Another process has taken the tables over."""

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        raise FencedError(f"stale token: {len(steps)} steps refused")


async def test_an_owner_that_may_not_log_what_it_delivered_ends(
    tmp_path: Path, start: Receivers, clock: SetClock
) -> None:
    receiver = start()
    (tmp_path / "secret").write_text(SECRET)
    receivers = load_receivers(None, receiver.url, tmp_path / "secret")
    policies = Policies(PolicyFile(version="t", rules=dict.fromkeys(RULES, Policy())), {})
    dispatch = Dispatch.open(receivers, AwayStore(), policies, WorkingCalendar([], [], []), clock)
    dispatch.put([notification(receivers=(WEBHOOK,))])
    with pytest.raises(FencedError):
        await first_to_end(dispatch.work())
    await dispatch.close()
    assert len(receiver.deliveries) == 1


async def test_what_finds_no_place_in_the_queue_is_delivered_from_the_table_in_order(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    every = [notification(unit) for unit in "abcdefg"]
    store.tables.notifications = every
    async with delivering(store, [webhook(tmp_path, "desk", receiver.url)], at_once(clock), at_most=2) as (queue,):
        queue.put(every)
        await reach(store, "desk", "delivered", len(every))
    assert [one.headers["webhook-id"] for one in receiver.deliveries] == [one.id for one in every]


async def test_what_is_critical_passes_a_long_backlog_but_never_an_older_change_of_its_alert(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    receiver = start()
    receiver.answers_when = Event()
    every = [notification(unit) for unit in "abcdefg"]
    store.tables.notifications = every
    async with delivering(store, [webhook(tmp_path, "desk", receiver.url)], at_once(clock), at_most=2) as (queue,):
        queue.put(every)
        await until(lambda: len(receiver.deliveries) == 1, "a first request, which hangs")
        graver = notification("f", 3, severity="critical")
        store.tables.notifications = [*every, graver]
        queue.put([graver])
        receiver.answers_when.set()
        await reach(store, "desk", "delivered", len(every) + 1)
    told = [json.loads(delivery.body)["data"] for delivery in receiver.deliveries]
    assert [change["unit"] for change in told] == ["a", "f", "f", "b", "c", "d", "e", "g"]
    assert [change["number"] for change in told if change["unit"] == "f"] == [2, 3]


async def test_a_queue_ends_when_it_is_cancelled_just_as_something_arrives(tmp_path: Path) -> None:
    channel = webhook(tmp_path, "desk", "http://127.0.0.1:9/")
    queue = DeliveryQueue(
        channel, Pace(group_wait=timedelta(minutes=1)), DeliveryLog(MemoryAlertStore()), at_once(SetClock())
    )
    task = asyncio.create_task(queue.run())
    await until(lambda: waiting("desk") == 0, "a queue that sleeps")
    queue.put([notification()])
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    await channel.close()
    assert done == {task}
    assert task.cancelled()


FILE = """
receivers:
  office:
    {{kind: webhook, url: "{office}", secret_files: [secret], allow_private: true, working_time: true, group_by: unit}}
  machine:
    {{kind: webhook, url: "{machine}", secret_files: [secret], allow_private: true, everything: true}}
"""


async def test_people_are_told_in_working_time_what_holds_then_and_machines_at_once(
    tmp_path: Path, start: Receivers, store: MemoryAlertStore, clock: SetClock
) -> None:
    office, machine = start(), start()
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "receivers.yaml").write_text(FILE.format(office=office.url, machine=machine.url))
    receivers = load_receivers(tmp_path / "receivers.yaml")
    file = {"version": "t", "rules": {rule: {"calendar": "working"} for rule in RULES}}
    file["rules"]["security_event"] = {"severity": "critical"}  # type: ignore[index]
    policies = Policies(PolicyFile.model_validate(file), {})
    clock.advance(hours=12)  # 22:00
    dispatch = Dispatch.open(receivers, store, policies, WorkingCalendar([], [], []), clock)
    tasks = [asyncio.create_task(work) for work in dispatch.work()]
    both = receivers.told(change(), Policy(receivers=("office",)))
    urgent = notification("soc", rule="security_event", receivers=both, severity="critical")
    try:
        await dispatch.take_over([])
        dispatch.put([notification(receivers=both), resolved(receivers=both), urgent])
        await reach(store, "machine", "delivered", 3)
        await reach(store, "office", "delivered", 1)
        clock.advance(hours=9, minutes=30)  # 07:30
        dispatch.put([])
        await reach(store, "office", "delivered", 3)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await dispatch.close()
    told = [json.loads(delivery.body) for delivery in office.deliveries]
    assert [body["type"] for body in told] == ["alert.firing", "alert.digest"]
    assert told[0]["data"]["unit"] == "soc"
    assert [change["state"] for change in told[1]["data"]["changes"]] == ["firing", "resolved"]
