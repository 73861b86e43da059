"""Files of a root as they were and as they are, and what they say of the photos they show. Pure."""
