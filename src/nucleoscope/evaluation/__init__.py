"""What a model's predictions are worth: metrics, intervals, calibration, remedies for confusion, plots."""
