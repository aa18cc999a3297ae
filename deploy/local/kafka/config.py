"""What the broker is told: properties of one node that is broker and controller, and Java's options."""

from pathlib import Path

from deploy.local.kafka.settings import KafkaSettings

LOG4J = Path(__file__).with_name("log4j2.properties")
NODE_ID = 1
MAIN_CLASS = "kafka.Kafka"
FORMAT_CLASS = "kafka.tools.StorageTool"


def properties(settings: KafkaSettings) -> dict[str, str]:
    """Server properties; the quorum is static so that a data folder may move to other ports."""
    client = f"127.0.0.1:{settings.port}"
    controller = f"127.0.0.1:{settings.controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": str(NODE_ID),
        "controller.quorum.voters": f"{NODE_ID}@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{client}",
        "log.dirs": str((settings.data / "log").resolve()),
        **_KEEPING,
        **_ONE_NODE,
        **_SMALL,
    }


def archive_of(jars: Path) -> Path:
    """Where the archive of the jars' classes is, if `deploy.local.kafka.archive` has made it."""
    whole = jars.resolve()
    return whole.with_name(f"{whole.name}.jsa")


def java_options(settings: KafkaSettings) -> list[str]:
    """Options of the broker's virtual machine; an exhausted heap ends it, so that the supervisor restarts it."""
    return [
        "-Xms96m",
        f"-Xmx{settings.heap_mb}m",
        "-XX:+UseSerialGC",
        # The optimising compiler costs 60 MB and pays back only above some 100 MB/s.
        "-XX:TieredStopAtLevel=1",
        "-XX:ReservedCodeCacheSize=48m",
        "-XX:+ExitOnOutOfMemoryError",
        *([f"-XX:SharedArchiveFile={archive}"] if (archive := archive_of(settings.jars)).exists() else []),
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={LOG4J}",
        f"-Dkafka.logs.dir={settings.data.resolve()}",
    ]


_KEEPING = {
    # `events` is the truth of the product. Topics say how long they keep; the default must never delete.
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    # A misspelt topic name must fail instead of becoming a topic with other settings.
    "auto.create.topics.enable": "false",
    # Consumers start together here; waiting for more of them only delays every start by 3 s.
    "group.initial.rebalance.delay.ms": "0",
}

_ONE_NODE = {
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # After kill -9 the controller waits for the dead broker's session to end before it takes the new one:
    # with the default of 9 s a restart takes 13 s, with 3 s it takes 6 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}

_SMALL = {
    # The defaults are for thousands of clients: 50 offset partitions and a 128 MB cleaner buffer.
    "num.partitions": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": str(4 << 20),
    "log.cleaner.io.buffer.size": str(256 << 10),
    "log.segment.bytes": str(128 << 20),
}
