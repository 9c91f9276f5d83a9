"""Statistics of places: pure functions on arrays and metric GeoDataFrames; no I/O, no clock, no hidden randomness."""
