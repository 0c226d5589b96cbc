"""The web system of the registry."""
