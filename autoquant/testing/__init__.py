"""Contract suites that every plug-in must pass, ours and third-party ones."""
