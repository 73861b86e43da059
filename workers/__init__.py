"""The always-on half: Celery, its beat, its broker and their supervisor. Does no work that the jobs do not."""
