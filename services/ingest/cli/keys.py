"""`keys new | list | revoke`: only hashes are stored, a key is printed once."""

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.catalogue import Catalogue, load_catalogue
from shared.clickhouse import writer
from shared.contracts.vocabulary import EVENT_TYPES
from shared.errors import StartError
from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
from shared.settings import SharedSettings

if TYPE_CHECKING:
    from argparse import _SubParsersAction

FILING_KEY_NOTE = (
    "Province secret for filing keys (HMAC-SHA256): hand it over separately, as a file, never by e-mail;\n"
    "the platform neither stores nor sends it. Who keeps it and how it is used: docs/integrators.md, section 3."
)


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `keys` command to the command line."""
    parser = commands.add_parser("keys", help="make, list and revoke API keys")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key; it is printed once on standard output")
    new.add_argument("--role", required=True, choices=[role.value for role in Role])
    new.add_argument("--owner", required=True, help="person or office that answers for the key; in the audit trail")
    new.add_argument("--system", default="", help="code of the system, for role emit")
    new.add_argument(
        "--units", default="", help="for role emit: codes of units, comma-separated; empty: all that the system may"
    )
    new.add_argument(
        "--types", default="", help="for role emit: event types, comma-separated; empty: all that the system may"
    )
    new.set_defaults(run=_new)
    actions.add_parser("list", help="all keys, without their secrets").set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="end a key; takes effect within 5 s")
    revoke.add_argument("key_id")
    revoke.set_defaults(run=_revoke)


def _new(arguments: argparse.Namespace) -> int:
    units, types = _codes(arguments.units), _codes(arguments.types)
    _check(arguments.system, Role(arguments.role), units, types, load_catalogue())
    made = new_key(
        Role(arguments.role), arguments.owner, system=arguments.system, units=units, types=types, at=datetime.now(UTC)
    )
    _store().put(made.record)
    print(made.token)
    print(f"Key {made.record.key_id} for {arguments.owner}. Shown only now: only its hash is stored.", file=sys.stderr)
    if made.record.role is Role.EMIT:
        print(FILING_KEY_NOTE, file=sys.stderr)
    return 0


def _list(_: argparse.Namespace) -> int:
    print(f"{'KEY':<12} {'STATE':<8} {'ROLE':<8} {'SYSTEM':<16} {'UNITS':<20} {'TYPES':<20} OWNER")
    for key in sorted(_store().load().values(), key=lambda key: key.key_id):
        units, types = ",".join(sorted(key.units)) or "*", ",".join(sorted(key.types)) or "*"
        print(
            f"{key.key_id:<12} {key.state:<8} {key.role:<8} {key.system or '-':<16} {units:<20} {types:<20} {key.owner}"
        )
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    store = _store()
    record = store.load().get(arguments.key_id)
    if record is None:
        raise StartError(f"no key {arguments.key_id}")
    store.put(record.revoked(datetime.now(UTC)))
    print(f"{arguments.key_id} revoked; services refuse it within 5 s")
    return 0


def _store() -> ClickHouseKeyStore:
    return ClickHouseKeyStore(writer(SharedSettings()))


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _check(system: str, role: Role, units: list[str], types: list[str], catalogue: Catalogue) -> None:
    """Raises `StartError` for what would make a key that can never be used."""
    if (role is Role.EMIT) != bool(system):
        raise StartError("--system is required for role emit, and only for it")
    if role is not Role.EMIT and (units or types):
        raise StartError(f"--units and --types restrict role emit only: a key of role {role} sees every unit and type")
    if system and system not in catalogue.systems:
        raise StartError(f"system {system} is not in the catalogue")
    if system and not catalogue.systems[system].emits:
        raise StartError(f"system {system} may send nothing according to the catalogue")
    may_speak_for = set(catalogue.units_for(system)) if system else set()
    if foreign := [unit for unit in units if unit not in may_speak_for]:
        raise StartError(f"not units that the system may speak for: {', '.join(foreign)}")
    if unknown := [name for name in types if name not in EVENT_TYPES or not catalogue.may_emit(system, name)]:
        raise StartError(f"not types that the system may send: {', '.join(unknown)}")
