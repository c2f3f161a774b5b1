"""From crops to classes: logits, probabilities, the table of predictions and the submission."""
