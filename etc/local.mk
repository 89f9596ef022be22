# Configurations that a site starts from. They are installed with the documentation, since none fits a site as it is.
nobase_dist_doc_DATA += etc/air-gapped.conf etc/alter-1.conf etc/ci.conf etc/laptop.conf etc/server-systemd.conf
