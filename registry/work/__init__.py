"""Background work: what the kinds do (`kinds`) and what an attempt leaves in the job's row (`attempts`)."""
