"""Texts that come from people and go to them: read within bounds, explained in words, written whole."""
