"""nucleoscope: train a nucleus classifier you can trust, and run it where you work."""
