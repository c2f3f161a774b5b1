"""The report: run folders -> one HTML file that opens without a network."""
