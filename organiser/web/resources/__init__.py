"""One module a resource: what an address answers."""
