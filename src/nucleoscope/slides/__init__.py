"""Fields and whole slides: images, nuclei from files or found, their classes, and results for other programs."""
