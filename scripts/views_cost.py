#!/usr/bin/env python3
"""Prints what two views of a face cost beside one, in the runtime itself: docs/PERFORMANCE.md.

The prepared embedder takes the mean of the views before its last matrix. Beside it are timed the same
file without that step (one row per view), with and without weights that are rearranged when the
session is built ("prepacking"), and the convolutions alone. On one thread it is the thread's processor
time, which other work on the machine disturbs little. Also printed: whether one thread and two give
the same bits.

    pip install onnx==1.23.2 onnxruntime==1.24.4
    python3 scripts/views_cost.py MODELS_FOLDER [ROUNDS]
"""
import copy
import os
import sys
import time

import numpy as np
import onnx
import onnxruntime as ort


def without(model, kind):
    """The model without its node of this kind, whose result is then what the node read."""
    model = copy.deepcopy(model)
    [gone] = [node for node in model.graph.node if node.op_type == kind]
    model.graph.node.remove(gone)
    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == gone.output[0]:
                    names[place] = gone.input[0]
    output = model.graph.output[0]
    output.name = output.name if output.name != gone.output[0] else gone.input[0]
    output.type.tensor_type.ClearField("shape")
    return model


def session(model, threads, prepacking):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.disable_prepacking", "01"[not prepacking])
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    views = onnx.load(os.path.join(sys.argv[1], "sface-2021dec-views.onnx"))
    batch = without(views, "ReduceMean")
    alone = without(without(views, "ReduceMean"), "Gemm")
    kinds = {
        "mean before the matrix": (views, False),
        "one row per view": (batch, False),
        "one row per view, prepacked": (batch, True),
        "convolutions alone": (alone, False),
    }
    pixels = np.random.default_rng(1).integers(0, 256, (1, 3, 112, 112)).astype(np.float32)
    both = np.concatenate([pixels, pixels[..., ::-1]])
    bits = {}
    for threads in (1, 2):
        clock = time.thread_time if threads == 1 else time.perf_counter
        runs = {}
        for name, (model, prepacking) in kinds.items():
            made = session(model.SerializeToString(), threads, prepacking)
            for count, given in ((1, pixels), (2, both)):
                runs[name, count] = lambda made=made, given=given: made.run(None, {"data": given})[0]
                bits.setdefault((name, count), []).append(runs[name, count]())
        took = {key: [] for key in runs}
        for _ in range(rounds):
            for key, run in runs.items():
                begun = clock()
                run()
                took[key].append(1e3 * (clock() - begun))
        base = took["mean before the matrix", 1]
        for (name, count), times in took.items():
            median, tenth = np.median(times), np.percentile(times, 10)
            print(f"{threads} threads, {count} views, {name}: median {median:.2f} ms "
                  f"({median / np.median(base):.2f}), 10th percentile {tenth:.2f} ms "
                  f"({tenth / np.percentile(base, 10):.2f})")
    for (name, count), (one, two) in bits.items():
        print(f"{count} views, {name}: the same bits from 1 and 2 threads: {np.array_equal(one, two)}")


main()
