"""Annotated images, read to train on: which nuclei they show, of which class; and the crops that are cut from them."""
