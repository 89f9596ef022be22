nobase_dist_doc_DATA += doc/architecture.md
nobase_dist_doc_DATA += doc/attacks.md
nobase_dist_doc_DATA += doc/audit.md
nobase_dist_doc_DATA += doc/hacking.md
nobase_dist_doc_DATA += doc/module-guide.md
nobase_dist_doc_DATA += doc/policy.md
nobase_dist_doc_DATA += doc/testing.md
dist_man_MANS += doc/attache-alter.7
dist_man_MANS += doc/attache-exec.7
dist_man_MANS += doc/attache-mock.7
dist_man_MANS += doc/attache-secrets.7
dist_man_MANS += doc/attache-templates.5
dist_man_MANS += doc/attache.conf.5
dist_man_MANS += doc/att_approval_await.3
dist_man_MANS += doc/att_client_open.3
dist_man_MANS += doc/att_connect.3
dist_man_MANS += doc/att_engine_open.3
dist_man_MANS += doc/att_error_clear.3
dist_man_MANS += doc/att_explain.3
dist_man_MANS += doc/att_grants_list.3
dist_man_MANS += doc/att_request.3
dist_man_MANS += doc/att_response_status.3
dist_man_MANS += doc/att_secret_set.3
dist_man_MANS += doc/attache.3

# Every function has a page of its name: NAME:PAGE is a link to the page that it is described in.
man3_links = att_engine_open_with:att_engine_open att_engine_reload:att_engine_open \
  att_engine_protection:att_engine_open att_engine_close:att_engine_open att_client_close:att_client_open \
  att_response_header:att_response_status att_response_headers:att_response_status \
  att_response_body:att_response_status att_response_request_id:att_response_status \
  att_response_retries:att_response_status att_response_retry_after_ms:att_response_status \
  att_response_free:att_response_status att_error:att_error_clear att_status_name:att_error_clear \
  att_strerror:att_error_clear att_check:att_explain att_modules:att_explain att_version:att_explain \
  att_secret_rotate:att_secret_set att_secret_list:att_secret_set att_secret_remove:att_secret_set \
  att_secret_rekey:att_secret_set att_templates:att_secret_set \
  att_connect_session_create:att_connect att_grant_revoke:att_grants_list

install-manual-links:
	cd "$(DESTDIR)$(man3dir)" && for link in $(man3_links); do \
	  rm -f "$${link%%:*}.3" && $(LN_S) "$${link##*:}.3" "$${link%%:*}.3" || exit 1; \
	done

uninstall-manual-links:
	for link in $(man3_links); do rm -f "$(DESTDIR)$(man3dir)/$${link%%:*}.3"; done
