"""What Bundler would lock: the lockfile as a state, the releases that gem servers offer, and the search through them."""
