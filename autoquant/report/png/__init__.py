"""The report as one picture."""
