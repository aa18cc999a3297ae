"""Commands for people: policies, and the watch over the evaluator; one file each."""
