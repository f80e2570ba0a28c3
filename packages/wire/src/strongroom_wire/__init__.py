"""The signed planes on the wire: all that client and server share. Standard library only.

`headers` names the four headers and their grammar, `canonical` gives the bytes that are signed,
`errors` the codes a client may rely on. `vectors/` holds the treaty: server and SDK run the same files.
"""
