"""The ways in over HTTP; surfaces never import each other."""
