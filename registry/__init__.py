"""The web system of the registry. `registry.app.create_app` puts it together."""
