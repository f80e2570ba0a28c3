"""The signed protocol shared by client and server. Standard library only.

`headers` defines the four headers and their grammar, `canonical` defines the canonical request that
is signed. `signatures` defines the other form of a signed request, which people's keys use (RFC 9421).
`errors` defines the codes that clients can rely on. `variables` derives the names of environment
variables, and `dangerous_names` lists those that commands reject. `vectors/` contains the test
vectors, which the tests of both the server and the SDK use.
"""
