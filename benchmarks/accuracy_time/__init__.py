"""Time to accuracy: the procedures that are compared, what they share, and what is made of their records."""
