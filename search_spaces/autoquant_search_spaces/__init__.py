"""Search spaces: what can be chosen."""
