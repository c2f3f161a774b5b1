"""Fields and whole slides: reading them, the nuclei on them, their classes, and files for other programs."""
