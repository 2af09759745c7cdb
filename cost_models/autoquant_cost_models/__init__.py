"""Cost models: what a choice costs."""
