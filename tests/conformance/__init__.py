"""The protocol class before Autobahn's test suite: `make conformance`."""
