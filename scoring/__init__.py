"""The scoring library: facts in, frozen results out."""
