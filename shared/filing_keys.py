"""Filing keys: the keyed hash that stands for a filing, document or case-file number, so that no number travels."""

import hmac
import unicodedata
from hashlib import sha256
from pathlib import Path

from shared.errors import StartError

MIN_SECRET_CHARS = 32
"""Numbers can be guessed by trying them all; only the secret makes their keys say nothing."""


def filing_key(secret: str, number: str) -> str:
    """64 hex digits: HMAC-SHA256 over the UTF-8 of the NFC, trimmed, upper-case number, keyed with the UTF-8 secret."""
    text = unicodedata.normalize("NFC", number).strip().upper()
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def read_province_secret(file: Path) -> str:
    """The secret of a file, without white space around it. Raises `StartError` when it is missing or too short."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartError(f"province secret {file}: {error.strerror}") from error
    if len(secret) < MIN_SECRET_CHARS:
        raise StartError(f"province secret {file}: shorter than {MIN_SECRET_CHARS} characters")
    return secret
