"""The dashboard's pages, one script each; `components` holds the widgets that several share."""
