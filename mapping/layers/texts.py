"""What a text may be: short names, and characters that are refused or removed."""

import re

SLUG = "[a-z0-9](-?[a-z0-9]){0,62}"
"""Short names of communities, in addresses: small letters, digits, single hyphens within."""

_REFUSED = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufffe\uffff"
REFUSED = re.compile(f"[{_REFUSED}]")
"""Controls but tab and line feed, lone surrogates, line separators, overrides of direction, non-characters."""

UNSEEN = re.compile(f"[{_REFUSED}\\u200e\\u200f\\ufeff]")
"""What is removed from texts that come from elsewhere: the refused ones, and marks of direction and byte order."""
