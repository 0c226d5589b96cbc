"""What the production server loads."""

from registry import from_environment

app = from_environment()
