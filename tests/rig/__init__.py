# tests/rig/__init__.py: what the integration tests share: TAP, temporary sites, servers.
