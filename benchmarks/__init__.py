"""Measurements, each with its answer checked first; never part of the tests."""
