"""From a spec to a checked plan: names, metrics, prices, identity."""
