"""What an evaluation leaves for people to read: sheets, plots, pages and cards."""
