"""From a run to a bundle, and the backend that runs its Keras weights."""
