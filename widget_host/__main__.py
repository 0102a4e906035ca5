"""`python -m widget_host`: the same as the command `widget-host`."""

from widget_host.cli import main

main()
