"""Workers: where trials run, and how a candidate is measured."""
