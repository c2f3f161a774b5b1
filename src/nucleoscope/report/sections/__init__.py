"""The sections of a report, each from what a run folder holds to what its template is given."""
