/* tests/modules/no-offer.c: offers nothing. */
#define OFFERS 0
#include "tests/modules/provider.h"
