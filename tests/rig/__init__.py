# tests/rig: what the integration tests share: TAP, temporary sites, servers.
