"""All applications and projects."""
