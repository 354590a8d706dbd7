"""A file per group of endpoints, schemas beside them."""
