"""The nouns of the domain: frozen values that every stage shares and that import nothing of ours."""
