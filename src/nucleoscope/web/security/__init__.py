"""What stands between a client and the routes, each a plain ASGI layer."""
