"""What two users would set differently: what can be set, where it is read from, and what it was called before."""
