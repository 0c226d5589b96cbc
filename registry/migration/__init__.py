"""The environment in which migrations run."""
