"""Documents that are read in the background, whatever happens to the process that reads them."""
