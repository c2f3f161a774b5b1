"""Choosing hyper-parameters on the `select` share: the space, the search with Ray Tune, the choice."""
