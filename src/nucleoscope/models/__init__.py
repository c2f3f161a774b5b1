"""The two models, the weights they start from, and the bundle they are kept in."""
