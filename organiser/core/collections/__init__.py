"""What a collection wants, where that is to stand, and the plan of steps from one to the other. Pure."""
