"""From labelled pictures to model bundles. TensorFlow and Keras live here and only here."""

# TensorFlow carries an SQLite without full-text search; whichever is loaded first serves the whole process, and the
# index needs Python's.
import sqlite3 as _sqlite3  # noqa: F401
