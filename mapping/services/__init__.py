"""One function per use case; each opens its own transaction and is the only place that commits."""
