"""Demonstration data: plainly fictitious, made the way real data is made, and removable."""
