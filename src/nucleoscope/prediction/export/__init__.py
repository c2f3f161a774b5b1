"""A bundle in the layouts of other programs: QuPath's WSInfer, ONNX, OpenVINO, MONAI and Hugging Face.

What leaves here returns calibrated logits: the views, the adjustment and the temperature of the bundle are inside, so
that softmax of them are the bundle's probabilities, whoever applies it. Every export is read back from its folder as
its users would, and compared with the bundle, see `agreement`.
"""
