"""`python -m nucleoscope`."""

from nucleoscope.cli.app import main

main()
