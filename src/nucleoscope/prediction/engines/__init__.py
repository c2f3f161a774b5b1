"""Ways to compute a bundle's logits: PyTorch, ONNX Runtime and OpenVINO, in several number types.

Every engine takes uint8 pictures and returns the logits of the same network. The quick ones are less exact; what
they cannot decide for sure is computed again by an exact one, see `runner`. A bundle says how well each agrees with
PyTorch, see `record`; the fastest that agrees is chosen by measuring, see `choice`.
"""
