/* Numbers out of text, whole or not at all: no sign, blank or tail slips through. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

/* Decimal, or hexadecimal behind 0x, optional leading '-'. Returns 0, -EINVAL or -ERANGE. */
int num_i64(const char *s, int64_t *ret);
int num_int(const char *s, int *ret);
int num_u64(const char *s, uint64_t *ret);

/* A decimal amount with an optional K, M, G, T, P or E (powers of 1024, either case), as rctl(8). */
int num_size(const char *s, uint64_t *ret);

#endif
