"""Reading labelled crops."""
