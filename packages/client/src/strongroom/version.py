"""The version of this package, which every request names. A test compares it with the package's."""

VERSION = "0.1.0"
