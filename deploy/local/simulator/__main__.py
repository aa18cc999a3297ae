"""`python -m deploy.local.simulator history | live | demo | describe`."""

from deploy.local.simulator.cli import main

main()
