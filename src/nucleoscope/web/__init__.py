"""The page and the HTTP interface of `nucleoscope serve`: thin routes over a run folder and its bundles."""
