"""The worker's connection to ClickHouse."""

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httpclient import HttpClient
from urllib3 import Timeout

from services.scoring.settings import ScoringSettings
from shared.clickhouse import CONNECT_TIMEOUT_SECONDS, writer


def inserting_client(settings: ScoringSettings) -> Client:
    """A hanging insert must become an unknown outcome before the watchdog takes it for a stuck partition."""
    client = writer(settings)
    if isinstance(client, HttpClient):
        client.timeout = Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=settings.scoring_insert_seconds)
    return client
