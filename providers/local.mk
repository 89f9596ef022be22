include providers/mock/local.mk
