"""`python -m homeport`."""

from homeport.ui.cli.main import main

main()
