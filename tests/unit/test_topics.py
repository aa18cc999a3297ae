"""What the topics must be like, whatever the cluster's own defaults are."""

import pytest

from shared.topics import required_topics


@pytest.mark.parametrize(("replicas", "needed"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_on_a_cluster_a_record_is_acknowledged_only_when_two_brokers_have_it(replicas: int, needed: str) -> None:
    assert {topic.config["min.insync.replicas"] for topic in required_topics(4, "", replicas)} == {needed}


def test_the_log_of_events_never_expires() -> None:
    events = required_topics(4)[0]
    assert (events.config["retention.ms"], events.config["retention.bytes"]) == ("-1", "-1")
