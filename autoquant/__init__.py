"""AutoQuant finds, layer by layer, the bit-widths of a PyTorch network on the Pareto front of accuracy and cost."""
