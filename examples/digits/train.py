"""Trains the digits CNN in a few seconds and keeps its weights beside this file."""

import torch
from network import TRAIN, WEIGHTS, DigitsCNN, data, examples
from torch import nn

EPOCHS, BATCH = 30, 50


def train(seed: int = 0) -> nn.Module:
    """The trained network, in eval mode."""
    torch.manual_seed(seed)
    network = DigitsCNN()
    images, digits = (tensor[:TRAIN] for tensor in examples())
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-2, total_steps=EPOCHS * (TRAIN // BATCH))
    for _ in range(EPOCHS):
        for batch in torch.randperm(TRAIN).split(BATCH):
            loss = nn.functional.cross_entropy(network(images[batch]), digits[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


if __name__ == "__main__":
    network = train()
    torch.save(network.state_dict(), WEIGHTS)
    test = data().test
    with torch.inference_mode():
        accuracy = (network(test.inputs).argmax(1) == test.targets).float().mean()
    print(f"trained: {accuracy:.1%} of {len(test)} test digits right; weights in {WEIGHTS}")
