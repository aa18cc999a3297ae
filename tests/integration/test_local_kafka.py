"""The broker of deploy/local keeps what it acknowledged and refuses what was never created."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.kafka import LocalKafka


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def _read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None) as consumer:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        return [bytes((await consumer.getone()).value) for _ in range(count)]


async def test_records_acknowledged_before_kill_9_are_read_after_the_restart(tmp_path: Path) -> None:
    broker = LocalKafka(tmp_path)
    await asyncio.to_thread(broker.start)
    try:
        await _create(broker.bootstrap, "kept")
        await _send(broker.bootstrap, "kept", [b"one", b"two"])
        broker.kill()
        await asyncio.to_thread(broker.start)
        await _send(broker.bootstrap, "kept", [b"three"])
        assert await _read(broker.bootstrap, "kept", 3) == [b"one", b"two", b"three"]
    finally:
        broker.stop()


async def test_asking_for_a_misspelt_topic_does_not_create_it(kafka: LocalKafka, unique: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics([f"{unique}-misspelt"])
        assert described[0]["error_code"] == 3  # unknown topic or partition
        assert f"{unique}-misspelt" not in await admin.list_topics()
    finally:
        await admin.close()
