/*
 * File name patterns with '*', '?' and '[...]', for ".include". Not glob(3),
 * because that looks up home directories and drags the whole name service into
 * a static program; nothing here knows '~'.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* Does it hold anything but a plain file name? */
bool expand_is_pattern(const char *path);

/*
 * Appends the existing files whose name is dir (taken as it stands: "" or ending in a slash) and what the
 * pattern makes of it, sorted by their bytes; a leading dot must be written out. What cannot be looked into
 * holds nothing. Returns 0 or -errno.
 */
int expand_pattern(const char *dir, const char *pattern, struct strv *ret, struct err *e);

#endif
