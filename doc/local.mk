dist_doc_DATA += doc/architecture.md
dist_doc_DATA += doc/audit.md
dist_doc_DATA += doc/hacking.md
dist_doc_DATA += doc/module-guide.md
dist_doc_DATA += doc/policy.md
dist_doc_DATA += doc/testing.md
dist_man_MANS += doc/attache-mock.7
dist_man_MANS += doc/attache.conf.5
