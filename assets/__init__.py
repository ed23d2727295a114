"""Files that the package ships: pictures, the look of the pages, bundled data and finished runs."""
