"""What has to be there before Java becomes the broker: its properties and a formatted data folder."""

import shutil
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local.kafka.config import FORMAT_CLASS, MAIN_CLASS, java_options, properties
from deploy.local.kafka.settings import KafkaSettings


def broker_command(settings: KafkaSettings) -> list[str]:
    """The broker's command, Java first; formats a new data folder. Exits 1 with one line without Java or jars."""
    java = shutil.which("java")
    if java is None:
        sys.exit("Không có Java. Chạy: make setup")
    if not any(settings.jars.glob("kafka_2.13-*.jar")):
        sys.exit(f"Không có tệp jar của Kafka trong {settings.jars}. Chạy: make setup")
    command = [java, *java_options(settings), "-cp", f"{settings.jars.resolve()}/*"]
    config = _write_config(settings)
    if not (settings.data / "log" / "meta.properties").exists():
        _format(command, config)
    return [*command, MAIN_CLASS, str(config)]


def _write_config(settings: KafkaSettings) -> Path:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = settings.data / "server.properties"
    config.write_text("".join(f"{key}={value}\n" for key, value in properties(settings).items()))
    return config


def _format(command: list[str], config: Path) -> None:
    """A start that was killed while formatting leaves no `meta.properties`, so formatting is repeated."""
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # In one word: one id in 64 begins with a dash, and would be read as an option.
    named = f"--cluster-id={cluster}"
    tool = [*command, FORMAT_CLASS, "format", "--ignore-formatted", named, "--config", str(config)]
    subprocess.run(tool, check=True)
