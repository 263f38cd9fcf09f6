"""Faces: everything a person or a program sees of homeport."""
