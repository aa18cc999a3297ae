"""Creates the topics that are missing and proves that the others are as they must be."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.errors import StartError
from shared.kafka import admin
from shared.settings import SharedSettings
from shared.topics import Topic, required_topics

KNOWN_SECONDS = 15
"""A new topic is known within milliseconds; on a busy machine within a second."""

KNOWN_POLL_SECONDS = 0.1


async def create_topics(settings: SharedSettings) -> list[str]:
    """Creates what is missing, then verifies all; returns the created names.

    Raises `StartError` when the broker is away or a topic differs: partitions and retention are never changed here,
    because another number of partitions would send the events of a subject to another worker.
    """
    async with _Admin(settings) as client:
        present = set(await client.list_topics())
        missing = [topic for topic in _required(settings) if topic.name not in present]
        if missing:
            await _create(client, missing, settings.kafka_replicas)
            await _wait_until_known(client, missing)
        await _verify(client, settings)
        return [topic.name for topic in missing]


async def verify_topics(settings: SharedSettings) -> None:
    """Raises `StartError` with one line that names the first topic that is missing or differs."""
    async with _Admin(settings) as client:
        await _verify(client, settings)


def differences(topic: Topic, partitions: int, config: dict[str, str]) -> list[str]:
    """What an existing topic has otherwise than required, as short phrases."""
    found = [f"{partitions} partitions, must be {topic.partitions}"] if partitions != topic.partitions else []
    return found + [
        f"{name}={config.get(name)}, must be {value}"
        for name, value in topic.config.items()
        if config.get(name) != value
    ]


def _required(settings: SharedSettings) -> list[Topic]:
    return required_topics(settings.partitions, settings.topic_prefix, settings.kafka_replicas)


class _Admin:
    """The administrative client as a context, with `StartError` for a broker that is away."""

    def __init__(self, settings: SharedSettings) -> None:
        self._bootstrap = settings.kafka_bootstrap
        self._client: AIOKafkaAdminClient = admin(settings)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        try:
            await self._client.start()
        except (KafkaError, OSError) as error:
            await self._client.close()
            raise StartError(f"Kafka at {self._bootstrap} does not answer ({type(error).__name__})") from error
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def _create(client: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> None:
    new = [NewTopic(t.name, t.partitions, replicas, topic_configs=t.config) for t in topics]
    response = await client.create_topics(new)
    for name, code, *_ in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise StartError(f"topic {name} cannot be created: {for_code(code).__name__}")


async def _wait_until_known(client: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    """The controller answers before the broker knows the topic."""
    wanted = {topic.name: topic.partitions for topic in topics}
    try:
        async with asyncio.timeout(KNOWN_SECONDS):
            while not wanted.items() <= (await _partitions(client)).items():  # noqa: ASYNC110 - Kafka tells no one
                await asyncio.sleep(KNOWN_POLL_SECONDS)
    except TimeoutError as error:
        raise StartError(f"topics were created but are not known after {KNOWN_SECONDS} s") from error


async def _verify(client: AIOKafkaAdminClient, settings: SharedSettings) -> None:
    required = _required(settings)
    partitions = await _partitions(client)
    configs = await _configs(client, [topic.name for topic in required if topic.name in partitions])
    for topic in required:
        if topic.name not in partitions:
            raise StartError(f"topic {topic.name} is missing: python -m shared.topics create")
        if found := differences(topic, partitions[topic.name], configs[topic.name]):
            raise StartError(f"topic {topic.name} differs: {'; '.join(found)}")


async def _partitions(client: AIOKafkaAdminClient) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics()}


async def _configs(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    responses = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for response in responses
        for _, _, _, name, entries in response.resources
    }
