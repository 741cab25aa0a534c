"""What Bundler would lock: the lockfile as a state, the releases that servers offer, the search through them."""
