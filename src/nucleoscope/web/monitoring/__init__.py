"""Whether the server is well: health, and figures for Prometheus."""
