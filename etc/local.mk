# Configurations that a site starts from. They are installed as examples, since none fits a site as it is.
exampleconfigdir = $(docdir)/examples/etc
dist_exampleconfig_DATA = etc/air-gapped.conf etc/ci.conf etc/laptop.conf etc/server-systemd.conf
