/* tests/modules/no-invalidate.c: offers invalidate and has none. */
#define OFFERS (ATT_OFFERS_FETCH | ATT_OFFERS_INVALIDATE)
#include "tests/modules/provider.h"
