"""Community Mapping: where a town is unsafe, dark or hard to get through."""

__version__ = "0.1.0"
