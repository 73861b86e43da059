"""What people made, in one file, and put back."""
