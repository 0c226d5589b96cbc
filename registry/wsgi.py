"""What the production server loads."""

from registry.app import from_environment

app = from_environment()
