"""What people say of photos: taken, exported, imported, and asked for."""
