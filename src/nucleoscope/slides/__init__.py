"""From an image and its nuclei to classified nuclei: images, nuclei from files, results in the formats of others."""
