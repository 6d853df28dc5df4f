"""The page for people: accounts, their recordings, and what the model makes of them."""
