"""The whole job and its stages, from crops to a run folder."""
