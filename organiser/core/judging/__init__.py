"""Opinions become a verdict: the faces that count, what a person said, the policy that folds them. Pure."""
