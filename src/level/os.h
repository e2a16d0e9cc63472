/* level = os: namespaces of this kernel, and nothing else. */
#ifndef LEVEL_OS_H
#define LEVEL_OS_H

#include "level/level.h"

extern const struct level level_os;

#endif
