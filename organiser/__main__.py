"""`python -m organiser`."""

from organiser.cli.main import main

if __name__ == "__main__":
    main()
