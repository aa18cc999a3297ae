"""Keys of a demonstration: one for every system that may send, one for a viewer, one for an operator."""

import json
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.stack.secrets import DEMO_SYSTEMS, write_once
from deploy.local.stack.settings import StackSettings
from shared.catalogue import load_catalogue
from shared.clickhouse import writer
from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
from shared.settings import SharedSettings

PEOPLE = {Role.VIEW: "demo-viewer", Role.OPERATE: "demo-operator"}
"""Role → file with the key of a person; the name is also what the audit trail shows."""


def ensure_demo_keys(settings: StackSettings) -> Path:
    """The local stack's, in its folder of secrets."""
    password = settings.secrets / "engine-writer"
    here = SharedSettings(clickhouse_port=settings.port("engine"), clickhouse_password_file=password)
    return make_demo_keys(here, settings.secrets)


def make_demo_keys(settings: SharedSettings, folder: Path) -> Path:
    """Makes what is missing and returns the systems' file; needs a running engine with its tables.

    A file is written after its keys are stored: a start that is cut short leaves unused keys, never unusable ones.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    client = writer(settings)
    store = ClickHouseKeyStore(client)
    systems = folder / DEMO_SYSTEMS
    if not systems.exists():
        emitters = [system.code for system in load_catalogue().systems.values() if system.emits]
        write_once(systems, json.dumps({code: _make(store, Role.EMIT, "demo", code) for code in emitters}))
    for role, name in PEOPLE.items():
        if not (folder / name).exists():
            write_once(folder / name, _make(store, role, name))
    client.close()
    return systems


def _make(store: ClickHouseKeyStore, role: Role, owner: str, system: str = "") -> str:
    made = new_key(role, owner, system=system, at=datetime.now(UTC))
    store.put(made.record)
    return made.token
