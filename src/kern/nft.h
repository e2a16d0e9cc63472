/*
 * nftables: elements of named sets and maps over nfnetlink, one transaction
 * per call, and whole rulesets as text through nft(8). Building rules is left
 * to that program; it runs once per machine, not per jail.
 */
#ifndef KERN_NFT_H
#define KERN_NFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/netlink.h"

/*
 * One element of a set, or of a map when data_size > 0. Keys and data of several fields: each field padded to 4 bytes,
 * as nft_field() does. The table is of family inet.
 */
struct nft_elem {
        const char *table, *set;
        uint8_t key[40], data[20];
        size_t key_size, data_size;
        const char *comment;    /* nft(8) shows it; NULL for none */
        char what[64];          /* the element in messages */
};

#define NFT_COMMENT 64

/* Appends a field, in network order, to a key or to data. What has no room is left out. */
void nft_key(struct nft_elem *el, const void *field, size_t size);
void nft_data(struct nft_elem *el, const void *field, size_t size);

/* Adds all or none. -EEXIST: *ret_failed is the first there already; -ENOENT: the table or a set is missing. */
int nft_add(struct nl *nl, const struct nft_elem *el, size_t n, size_t *ret_failed, struct err *e);
/* Deletes all or none. */
int nft_del(struct nl *nl, const struct nft_elem *el, size_t n, struct err *e);

/* The comment an element of this key has in the kernel, "" when none. -ENOENT: no such element, set or table. */
int nft_get(struct nl *nl, const struct nft_elem *el, char ret_comment[NFT_COMMENT], struct err *e);

/* Deletes a table and all in it; fine when there is none. */
int nft_del_table(struct nl *nl, const char *table, struct err *e);

/* Feeds text to "nft -f -" in one transaction, in the caller's network namespace. Errors say "nft: ...". */
int nft_run(const char *text, struct err *e);

#endif
