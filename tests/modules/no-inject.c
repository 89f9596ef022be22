/* tests/modules/no-inject.c: offers inject and has none. */
#define OFFERS (ATT_OFFERS_FETCH | ATT_OFFERS_INJECT)
#include "tests/modules/provider.h"
