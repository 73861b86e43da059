"""What `python -m organiser.training` can be asked for; one module a room. Arguments are read here, all else is elsewhere.

Keras is imported by a command when it runs, so that `--backend` can choose what Keras runs on.
"""
