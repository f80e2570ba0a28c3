"""The composition: one program that starts everything on one machine."""
