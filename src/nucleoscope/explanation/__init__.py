"""Why a model decides as it does: attribution maps of chosen crops, and what speaks for believing them."""
