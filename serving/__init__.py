"""Answers over HTTP: engine, routing, store. Knows model/ and the registry's address; never training/."""
