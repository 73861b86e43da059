"""organiser reads the faces in a photo library and keeps happy and sad collections."""
