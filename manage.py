#!/usr/bin/env python
"""The portal's command line in a checkout; an installed package has `solarnet-portal` instead."""

from solarnet_portal.cli import main

if __name__ == "__main__":
    main()
