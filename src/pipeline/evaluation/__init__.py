"""What predictions are worth: metrics, intervals over speakers, calibration."""
