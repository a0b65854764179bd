"""What a spec says, in a form in which two can be compared."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kspec.language import Spec


def plain_values(spec: Spec) -> dict[str, Any]:
    """The values of a spec as JSON has them, with its overrides and what it uses of included files."""
    values: dict[str, Any] = json.loads(json.dumps(spec.standalone_values(), default=str))
    return values


def fingerprint_of(spec: Spec) -> str:
    """A fingerprint of a spec, which names and comments of files do not change."""
    values = [spec.name, spec.document.seed, plain_values(spec)]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
