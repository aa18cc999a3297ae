"""Reads a Procfile: one `name: command` per line, in starting order."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?P<name>[a-z][a-z0-9_]*):\s*(?P<command>\S.*)")


class ProcfileError(ValueError):
    """A line that is not `name: command`, or a name used twice; the message has the line number."""


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the Procfile; all of them are restarted when they end."""

    name: str
    command: str
    restarted: bool = True


def parse(text: str) -> list[Process]:
    """Processes in the order of the file; blank lines and lines that begin with `#` are skipped."""
    processes: dict[str, Process] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or match["name"] in processes:
            message = f"Procfile line {number}: {line!r} is malformed or repeats a name"
            raise ProcfileError(message)
        processes[match["name"]] = Process(match["name"], match["command"])
    return list(processes.values())
