/*
 * nftables: elements of named sets and maps over nfnetlink, one transaction
 * per call, and whole rulesets as text through nft(8). Building rules is left
 * to that program; it runs once per machine, not per jail. A chain that every
 * jail with a cable needs is built here: starting nft(8) takes longer than
 * making such a jail.
 */
#ifndef KERN_NFT_H
#define KERN_NFT_H

#include <stdbool.h>
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
        bool shared;            /* may be there already, and that is fine */
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

/*
 * A table with one base chain of type filter, written rule by rule: nft_chain_begin(), then for each rule what it looks
 * at and a verdict that ends it, then nft_chain_commit(), which replaces a table of that name and frees everything.
 * Everything a rule looks at is put into the one register, and compared next.
 */
struct nft_chain {
        struct nlb b;
        const char *table, *chain;
        size_t rule;            /* the open rule's nest; 0: none */
};

void nft_chain_begin(struct nft_chain *c, struct nl *nl, const char *table, const char *chain, int hook, int priority);
void nft_meta(struct nft_chain *c, uint32_t key);                               /* NFT_META_* */
void nft_payload(struct nft_chain *c, uint32_t offset, uint32_t len);           /* of the network header */
void nft_mask(struct nft_chain *c, const void *mask, size_t size);
void nft_fib(struct nft_chain *c, uint32_t flags, uint32_t result);             /* NFTA_FIB_F_*, NFT_FIB_RESULT_* */
void nft_cmp(struct nft_chain *c, uint32_t op, const void *value, size_t size); /* NFT_CMP_EQ, NFT_CMP_NEQ */
void nft_verdict(struct nft_chain *c, int verdict);                             /* NF_ACCEPT, NF_DROP */
int nft_chain_commit(struct nft_chain *c, struct err *e);
/* Is there such a chain? 0, -ENOENT or another -errno. */
int nft_chain_look(struct nl *nl, const char *table, const char *chain, struct err *e);

/* Deletes a table and all in it; fine when there is none. */
int nft_del_table(struct nl *nl, const char *table, struct err *e);

/*
 * Feeds text to "nft -f -" in one transaction, in the caller's network namespace. Errors say "nft: ...". The program
 * lives on should its caller be killed; it holds lock, a descriptor of flock(2), for as long. -EBADF: none.
 */
int nft_run(const char *text, int lock, struct err *e);

#endif
