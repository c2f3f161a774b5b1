"""Pictures of what was measured, made for print, for colour-blind readers and for black and white."""
