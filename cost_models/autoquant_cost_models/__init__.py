"""Cost models: what a choice costs. Each prices a network without running it."""
