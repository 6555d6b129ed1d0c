#!/usr/bin/env python3
"""PyTorch's side of lstm.js: nn.LSTM forward and backward, one direction, one layer, one thread.

Reads one JSON object a line, {"H": 100, "mkldnn": true, "times": 10}, and answers with one: the seconds of one update
(forward, backward to every parameter and to the input), or, with "check": true, sums of squares to compare results by.
Weights and input are the same functions of their index as in lstm.js.
"""
import json
import sys
import time

import torch

B, T, D = 32, 25, 150


def numbers(shape, frequency, scale):
    n = 1
    for size in shape:
        n *= size
    return (torch.sin(torch.arange(n, dtype=torch.float64) * frequency) * scale).float().view(*shape)


def case(H):
    lstm = torch.nn.LSTM(D, H)  # time-major: its fastest layout
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(numbers((D, 4 * H), 0.7, 0.1).t())
        lstm.weight_hh_l0.copy_(numbers((H, 4 * H), 1.3, 0.1).t())
        lstm.bias_ih_l0.copy_(numbers((4 * H,), 1.1, 0.1))
        lstm.bias_hh_l0.zero_()
    x = numbers((T, B, D), 0.9, 1.0).requires_grad_()
    dy = numbers((T, B, H), 1.7, 0.01)
    return lstm, x, dy


def update(lstm, x, dy):
    for p in lstm.parameters():
        p.grad = None
    x.grad = None
    y, _ = lstm(x)
    y.backward(dy)
    return y


def main():
    torch.set_num_threads(1)
    print(json.dumps({"torch": torch.__version__, "mkldnn": torch.backends.mkldnn.is_available(),
                      "threads": torch.get_num_threads()}), flush=True)
    cases = {}
    for line in sys.stdin:
        o = json.loads(line)
        H = o["H"]
        if H not in cases:
            cases[H] = case(H)
        lstm, x, dy = cases[H]
        with torch.backends.mkldnn.flags(enabled=o["mkldnn"]):
            if o.get("check"):
                y = update(lstm, x, dy)
                parts = [y, x.grad, lstm.weight_ih_l0.grad, lstm.weight_hh_l0.grad, lstm.bias_ih_l0.grad]
                print(json.dumps([float((p.double() ** 2).sum()) for p in parts]), flush=True)
                continue
            start = time.perf_counter()
            for _ in range(o["times"]):
                update(lstm, x, dy)
            print(json.dumps((time.perf_counter() - start) / o["times"]), flush=True)


if __name__ == "__main__":
    main()
