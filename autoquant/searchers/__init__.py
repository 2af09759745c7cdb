"""The searches, one file each. They know a space, objectives and prices, and nothing of stores or workers."""
