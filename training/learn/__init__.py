"""From a prepared set and one config to a trained run."""
