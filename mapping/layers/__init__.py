"""The vocabulary of what is put on the map: pure, without I/O, clock or randomness."""
