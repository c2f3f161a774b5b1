"""Nuclei from files: QuPath's GeoJSON, tables, and what CellViT, HoVer-Net and TIAToolbox write."""
