"""The ways out: everything that speaks with other machines."""
