include providers/alter/local.mk
include providers/alter_connect/local.mk
include providers/exec/local.mk
include providers/json/local.mk
include providers/managed_secrets/local.mk
include providers/mock/local.mk
