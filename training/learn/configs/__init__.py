"""One file per experiment, each with its command and its result on top."""
