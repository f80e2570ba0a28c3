"""The pages behind links for people outside, and the QR codes of those links."""
