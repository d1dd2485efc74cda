"""Content that only the holder of its key can read: stored sealed, and found by the key's digest."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

from cryptography.fernet import Fernet


def digest_of(key: str) -> str:
    """What a row is found by; the key itself is not stored."""
    return hashlib.sha256(f"found:{key}".encode()).hexdigest()


def seal(key: str, content: Any) -> bytes:
    """Compress and encrypt JSON content."""
    return _cipher(key).encrypt(zlib.compress(json.dumps(content).encode()))


def unseal(key: str, sealed: bytes | memoryview) -> Any:
    """The content that `seal` was given with this key."""
    return json.loads(zlib.decompress(_cipher(key).decrypt(bytes(sealed))))


def _cipher(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"sealed:{key}".encode()).digest()))
