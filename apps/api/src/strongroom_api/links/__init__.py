"""The pages that recipients of links open, and the QR codes of those links."""
