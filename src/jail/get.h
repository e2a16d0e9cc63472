#ifndef JAIL_GET_H
#define JAIL_GET_H

#include <sys/uio.h>

/* jail_get(), with a value in memory of its own, for free(3), wherever there is no buffer; on failure too. */
int get_fresh(struct iovec *iov, unsigned niov, int flags);

#endif
