"""Formats the data folder when it is new, then becomes the broker (the process id stays the same)."""

import os

from deploy.local.kafka.settings import KafkaSettings
from deploy.local.kafka.starting import broker_command

command = broker_command(KafkaSettings())
os.execv(command[0], command)  # noqa: S606 - fixed arguments, no shell
