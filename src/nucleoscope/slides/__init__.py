"""Fields and whole slides: reading in regions, finding and classifying nuclei, writing results for other programs."""
