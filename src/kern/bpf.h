/*
 * bpf(2): maps, programs, and attaching programs to control groups. No pins and
 * no links: what is attached to a group lives as long as the group, and holds its
 * maps; a later process finds them by asking the group.
 */
#ifndef KERN_BPF_H
#define KERN_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A program as tools/gen-bpf leaves it. */
struct bpf_image {
        const char *name;
        const struct bpf_insn *insns;
        size_t n;
        const struct bpf_use {
                unsigned at;            /* the instruction whose immediate is to be a map's descriptor */
                const char *map;
        } *uses;
        size_t n_uses;
};

/* A map by the name the programs have for it. */
struct bpf_map {
        const char *name;
        int fd;
};

/*
 * A hash map that takes memory for what is in it, and 16 bytes for each of max. name: what the kernel shows, at most
 * 15 bytes. Returns a descriptor or -errno.
 */
int bpf_map_create(const char *name, size_t key, size_t value, unsigned max, struct err *e);
/* A hash map whose values are sockets. */
int bpf_map_create_sockets(const char *name, size_t key, unsigned max, struct err *e);
/* A value with each socket that a program gives one to. size: 16 bytes at most, a power of two. */
int bpf_map_create_storage(const char *name, size_t size, struct err *e);
/* -E2BIG: the map is full. */
int bpf_map_put(int map, const void *key, const void *value, struct err *e);
/* -ENOENT: no such key. */
int bpf_map_get(int map, const void *key, void *ret, struct err *e);
/* Also 0 when there is no such key. */
int bpf_map_drop(int map, const void *key, struct err *e);

/*
 * Loads a program. name: what the kernel shows. log may be NULL: where the verifier explains itself. Returns a
 * descriptor or -errno; -EINVAL and -EACCES mean that the verifier refused it.
 */
int bpf_load(const struct bpf_image *image, const char *name, enum bpf_prog_type type, enum bpf_attach_type attach,
             const struct bpf_map *maps, size_t n_maps, char *log, size_t log_size, struct err *e);

/*
 * Puts a program into effect for as long as the descriptor, or a copy of it, is open: of type SK_LOOKUP, on a network
 * namespace.
 */
int bpf_link_netns(int program, int netns, struct err *e);
/* Such a link that is there already, of a program that uses the map, as a descriptor; -ENOENT: none. */
int bpf_link_netns_find(int netns, int map, struct err *e);

/* Attaches beside whatever others have attached. */
int bpf_attach(int group, int program, enum bpf_attach_type type, struct err *e);
int bpf_detach(int group, int program, enum bpf_attach_type type, struct err *e);

/*
 * A program of that name attached to the group itself, as a descriptor; -ENOENT: none.
 */
int bpf_attached(int group, enum bpf_attach_type type, const char *name, struct err *e);
/* The map of that name, key and value size that the program uses, as a descriptor; -ENOENT: none. */
int bpf_map_of(int program, const char *name, size_t key, size_t value, struct err *e);

#endif
