"""Who is let in, and what the browser is told to refuse."""
