"""Environment of the local broker: `CHITIEU_KAFKA_<FIELD>`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


class KafkaSettings(BaseSettings):
    """Where the broker listens, keeps its log and finds its jars."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_KAFKA_", frozen=True, extra="ignore")

    port: Port = Field(9092, description="Port for clients, on 127.0.0.1.")
    controller_port: Port = Field(9093, description="Port of the KRaft controller, on 127.0.0.1.")
    data: Path = Field(Path(".data/kafka"), description="Folder of the log; formatted at the first start.")
    jars: Path = Field(Path(".data/tools/kafka"), description="Folder that `deploy/local/setup.py` filled.")
    heap_mb: int = Field(
        288,
        ge=160,
        le=4096,
        description="Java heap. 288 MB holds four partitions at 100 MB/s; below 160 MB start-up thrashes.",
    )
