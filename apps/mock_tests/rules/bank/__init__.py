"""The bank of questions: their wordings, their review, their figures, and the plans that draw from it."""
