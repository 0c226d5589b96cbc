"""What the registry does, one file a noun; no request is known here."""
