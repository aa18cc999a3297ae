"""The scopes of the keys that were used, each worked out once."""

from services.ingest.scope import Scope, facts_of, scope_of
from shared.catalogue import Catalogue
from shared.keys import KeyRecord


class Scopes:
    """Key id → its scope; a key's restrictions never change while it lives, only its state does."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._facts = facts_of(catalogue)
        self._scopes: dict[str, Scope] = {}

    def of(self, key: KeyRecord) -> Scope:
        """The scope of a key that was proved."""
        scope = self._scopes.get(key.key_id)
        if scope is None:
            scope = self._scopes[key.key_id] = scope_of(key, self._catalogue, self._facts)
        return scope
