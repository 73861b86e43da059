"""From a picture file to faces to probabilities; knows nothing of rows, collections and queues."""
