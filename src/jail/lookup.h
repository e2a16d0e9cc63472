/* ip_hostname: a jail's addresses from its host name. */
#ifndef JAIL_LOOKUP_H
#define JAIL_LOOKUP_H

#include "base/err.h"
#include "spec/spec.h"

/*
 * Where a valid spec says ip_hostname and has a host name: adds the addresses that the name resolves to, and leaves a
 * spec that is valid and does not say it any more. Asks the C library's resolver, and so files and servers of the
 * caller's: not to be called while in a jail's namespaces. Returns 0 or -errno, "host.hostname NAME: why".
 */
int lookup_hostname(struct jail_spec *spec, struct err *e);

#endif
