"""A job from its first write to its last: baselines, search, polish, test scores."""
