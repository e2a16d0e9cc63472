/* What record.c needs of the index; everything else is in record.h. */
#ifndef STATE_STORE_H
#define STATE_STORE_H

#include "state/record.h"

/* Locks the index, making it afresh after a reboot. Returns a descriptor whose closing unlocks, or -errno. */
int index_lock(const struct store *st, struct err *e);

/* want: 0 for the next free jid, or the one to have (EADDRINUSE if taken). */
int index_take_jid(int fd, int want, int *ret, struct err *e);

/* units consecutive ranges of 65,536 ids. EAGAIN: none left. */
int index_take_ids(int fd, int jid, unsigned units, uint32_t *ret_base, struct err *e);

/* Safe to run twice. */
int index_give_back(int fd, int jid, uint32_t uid_base, uint32_t uid_count, struct err *e);

/* Frees everything whose owner in_use() does not know. */
int index_reclaim(int fd, bool (*in_use)(void *ctx, int jid), void *ctx, struct err *e);

#endif
