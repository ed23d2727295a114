"""The command line's parts; `python -m core` joins them."""
