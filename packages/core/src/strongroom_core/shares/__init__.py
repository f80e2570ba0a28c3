"""One-time secrets for people outside, and drop boxes by which they hand one in (T-1 to T-6)."""
