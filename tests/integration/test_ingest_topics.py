"""Topics are created as required, left alone when they are, and refused when they differ."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.errors import StartError
from shared.settings import SharedSettings
from shared.topics.setup import create_topics, verify_topics
from tests.support.kafka import LocalKafka


def settings_of(kafka: LocalKafka, unique: str) -> SharedSettings:
    return SharedSettings(kafka_bootstrap=kafka.bootstrap, topic_prefix=f"{unique}.")


async def test_missing_topics_are_created_once_with_every_required_setting(kafka: LocalKafka, unique: str) -> None:
    settings = settings_of(kafka, unique)

    first, second = await create_topics(settings), await create_topics(settings)

    assert first == [f"{unique}.{name}" for name in ("events", "changes", "commands", "dead-letters")]
    assert second == []


async def test_a_topic_with_other_partitions_is_refused_and_named(kafka: LocalKafka, unique: str) -> None:
    settings = settings_of(kafka, unique)
    await create_topics(settings)

    with pytest.raises(StartError, match=f"topic {unique}.events differs: 4 partitions, must be 8"):
        await verify_topics(settings.model_copy(update={"partitions": 8}))


async def test_a_topic_that_would_forget_events_is_refused(kafka: LocalKafka, unique: str) -> None:
    settings = settings_of(kafka, unique)
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await client.start()
    await client.create_topics([NewTopic(f"{unique}.events", 4, 1, topic_configs={"retention.ms": "1000"})])
    await client.close()

    with pytest.raises(StartError, match="retention.ms=1000, must be -1"):
        await create_topics(settings)


async def test_a_missing_topic_is_named_with_the_command_that_makes_it(kafka: LocalKafka, unique: str) -> None:
    with pytest.raises(StartError, match="python -m shared.topics create"):
        await verify_topics(settings_of(kafka, unique))


async def test_a_broker_that_is_away_is_one_line() -> None:
    with pytest.raises(StartError, match="Kafka at 127.0.0.1:1 does not answer"):
        await create_topics(SharedSettings(kafka_bootstrap="127.0.0.1:1"))


async def test_topics_of_one_broker_are_refused_by_services_that_rely_on_a_cluster(
    kafka: LocalKafka, unique: str
) -> None:
    settings = settings_of(kafka, unique)
    await create_topics(settings)

    with pytest.raises(StartError, match="min.insync.replicas=1, must be 2"):
        await verify_topics(settings.model_copy(update={"kafka_replicas": 3}))
