#include "bpf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr, size_t size)
{
        return (int)syscall(SYS_bpf, cmd, attr, size);
}

static uint64_t ptr(const void *p)
{
        return (uint64_t)(uintptr_t)p;
}

static void set_name(char *to, const char *name)
{
        size_t n = strlen(name);

        memcpy(to, name, n < BPF_OBJ_NAME_LEN ? n : BPF_OBJ_NAME_LEN - 1);
}

/*
 * Before 5.11 maps and programs are charged to the locked memory of whoever makes them. The limit is lifted for the
 * call alone: what this process starts inherits it.
 */
static int charged(enum bpf_cmd cmd, union bpf_attr *attr, size_t size)
{
        const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
        struct rlimit before;
        int fd = sys_bpf(cmd, attr, size), code;

        if (fd >= 0 || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &before) < 0 || before.rlim_max == RLIM_INFINITY)
                return fd;
        if (setrlimit(RLIMIT_MEMLOCK, &none) < 0) {
                errno = EPERM;
                return fd;
        }
        fd = sys_bpf(cmd, attr, size);
        code = errno;
        setrlimit(RLIMIT_MEMLOCK, &before);
        errno = code;
        return fd;
}

/* -------------------------------------------------------------------- maps */

int bpf_map_create(const char *name, size_t key, size_t value, unsigned max, struct err *e)
{
        union bpf_attr attr = {
                .map_type = BPF_MAP_TYPE_HASH, .key_size = (uint32_t)key, .value_size = (uint32_t)value,
                .max_entries = max, .map_flags = BPF_F_NO_PREALLOC,
        };
        int fd;

        set_name(attr.map_name, name);
        fd = charged(BPF_MAP_CREATE, &attr, sizeof attr);
        return fd < 0 ? err_sys(e, "bpf: make map %s", name) : fd;
}

int bpf_map_create_sockets(const char *name, size_t key, unsigned max, struct err *e)
{
        union bpf_attr attr = {
                .map_type = BPF_MAP_TYPE_SOCKHASH, .key_size = (uint32_t)key, .value_size = sizeof(uint32_t), .max_entries = max,
        };
        int fd;

        set_name(attr.map_name, name);
        fd = charged(BPF_MAP_CREATE, &attr, sizeof attr);
        return fd < 0 ? err_sys(e, "bpf: make map %s", name) : fd;
}

/* The kernel wants to know the types of key and value: two integers, as Documentation/bpf/btf.rst writes them. */
static int load_types(size_t value, struct err *e)
{
        struct {
                struct btf_header {
                        uint16_t magic;
                        uint8_t version, flags;
                        uint32_t size, type_off, type_len, str_off, str_len;
                } h;
                struct {
                        uint32_t name, info, size, bits;
                } type[2];
                char strings[8];
        } btf = {
                .h = { .magic = 0xeb9f, .version = 1, .size = sizeof btf.h, .type_len = sizeof btf.type,
                       .str_off = sizeof btf.type, .str_len = sizeof "\0k\0v" },
                .type = { { .name = 1, .info = 1 << 24, .size = 4, .bits = 32 },
                          { .name = 3, .info = 1 << 24, .size = (uint32_t)value, .bits = (uint32_t)value * 8 } },
                .strings = "\0k\0v",
        };
        union bpf_attr attr = { .btf = ptr(&btf), .btf_size = (uint32_t)(sizeof btf.h + sizeof btf.type + sizeof "\0k\0v") };
        int fd = charged(BPF_BTF_LOAD, &attr, sizeof attr);

        return fd < 0 ? err_sys(e, "bpf: load types") : fd;
}

int bpf_map_create_storage(const char *name, size_t size, struct err *e)
{
        autofd types = load_types(size, e);
        union bpf_attr attr = {
                .map_type = BPF_MAP_TYPE_SK_STORAGE, .key_size = sizeof(int), .value_size = (uint32_t)size,
                .map_flags = BPF_F_NO_PREALLOC, .btf_fd = (uint32_t)types, .btf_key_type_id = 1, .btf_value_type_id = 2,
        };
        int fd;

        if (types < 0)
                return types;
        set_name(attr.map_name, name);
        fd = charged(BPF_MAP_CREATE, &attr, sizeof attr);
        return fd < 0 ? err_sys(e, "bpf: make map %s", name) : fd;
}

static int map_call(enum bpf_cmd cmd, int map, const void *key, const void *value)
{
        union bpf_attr attr = { .map_fd = (uint32_t)map, .key = ptr(key), .value = ptr(value) };

        return sys_bpf(cmd, &attr, sizeof attr) < 0 ? -errno : 0;
}

int bpf_map_put(int map, const void *key, const void *value, struct err *e)
{
        int r = map_call(BPF_MAP_UPDATE_ELEM, map, key, value);

        return r < 0 ? err_code(e, r, "bpf: change map") : 0;
}

int bpf_map_get(int map, const void *key, void *ret, struct err *e)
{
        int r = map_call(BPF_MAP_LOOKUP_ELEM, map, key, ret);

        return r < 0 ? err_code(e, r, "bpf: read map") : 0;
}

int bpf_map_drop(int map, const void *key, struct err *e)
{
        int r = map_call(BPF_MAP_DELETE_ELEM, map, key, NULL);

        return r < 0 && r != -ENOENT ? err_code(e, r, "bpf: change map") : 0;
}

/* ---------------------------------------------------------------- programs */

int bpf_load(const struct bpf_image *image, const char *name, enum bpf_prog_type type, enum bpf_attach_type attach,
             const struct bpf_map *maps, size_t n_maps, char *log, size_t log_size, struct err *e)
{
        union bpf_attr attr = {
                .prog_type = type, .expected_attach_type = attach, .insn_cnt = (uint32_t)image->n,
                .license = ptr("BSD"), .log_level = log ? 1 : 0, .log_buf = ptr(log), .log_size = log ? (uint32_t)log_size : 0,
        };
        struct bpf_insn *insns = malloc(image->n * sizeof *insns);
        int fd, code;

        if (!insns)
                return err_nomem(e);
        memcpy(insns, image->insns, image->n * sizeof *insns);
        for (size_t i = 0; i < image->n_uses; i++)
                for (size_t k = 0; k < n_maps; k++)
                        if (str_eq(image->uses[i].map, maps[k].name)) {
                                insns[image->uses[i].at].src_reg = BPF_PSEUDO_MAP_FD;
                                insns[image->uses[i].at].imm = maps[k].fd;
                        }
        attr.insns = ptr(insns);
        set_name(attr.prog_name, name);
        fd = charged(BPF_PROG_LOAD, &attr, sizeof attr);
        code = errno;
        free(insns);
        return fd < 0 ? err_code(e, code, "bpf: load %s", name) : fd;
}

int bpf_attach(int group, int program, enum bpf_attach_type type, struct err *e)
{
        union bpf_attr attr = {
                .target_fd = (uint32_t)group, .attach_bpf_fd = (uint32_t)program, .attach_type = type,
                .attach_flags = BPF_F_ALLOW_MULTI,
        };

        return sys_bpf(BPF_PROG_ATTACH, &attr, sizeof attr) < 0 ? err_sys(e, "bpf: attach to control group") : 0;
}

int bpf_detach(int group, int program, enum bpf_attach_type type, struct err *e)
{
        union bpf_attr attr = { .target_fd = (uint32_t)group, .attach_bpf_fd = (uint32_t)program, .attach_type = type };

        return sys_bpf(BPF_PROG_DETACH, &attr, sizeof attr) < 0 ? err_sys(e, "bpf: detach from control group") : 0;
}

static int by_id(enum bpf_cmd cmd, uint32_t id)
{
        union bpf_attr attr = { .prog_id = id };
        int fd = sys_bpf(cmd, &attr, sizeof attr);

        return fd < 0 ? -errno : fd;
}

static int info_of(int fd, void *info, size_t size)
{
        union bpf_attr attr = { .info = { .bpf_fd = (uint32_t)fd, .info_len = (uint32_t)size, .info = ptr(info) } };

        return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr) < 0 ? -errno : 0;
}

int bpf_attached(int group, enum bpf_attach_type type, const char *name, struct err *e)
{
        uint32_t ids[64];
        union bpf_attr attr = {
                .query = { .target_fd = (uint32_t)group, .attach_type = type, .prog_ids = ptr(ids), .prog_cnt = COUNT(ids) },
        };

        if (sys_bpf(BPF_PROG_QUERY, &attr, sizeof attr) < 0)
                return err_sys(e, "bpf: look at control group");
        for (size_t i = 0; i < attr.query.prog_cnt && i < COUNT(ids); i++) {
                int fd = by_id(BPF_PROG_GET_FD_BY_ID, ids[i]);
                struct bpf_prog_info info = {0};

                /* -ENOENT: detached since we looked */
                if (fd == -ENOENT)
                        continue;
                if (fd < 0)
                        return err_code(e, fd, "bpf: look at control group");
                if (info_of(fd, &info, sizeof info) == 0 && strncmp(info.name, name, sizeof info.name) == 0)
                        return fd;
                fd_close(fd);
        }
        return err_code(e, ENOENT, "bpf: program %s", name);
}

int bpf_map_of(int program, const char *name, size_t key, size_t value, struct err *e)
{
        uint32_t ids[16];
        struct bpf_prog_info info = { .nr_map_ids = COUNT(ids), .map_ids = ptr(ids) };
        int r = info_of(program, &info, sizeof info);

        if (r < 0)
                return err_code(e, r, "bpf: look at program");
        for (size_t i = 0; i < info.nr_map_ids && i < COUNT(ids); i++) {
                struct bpf_map_info map = {0};
                int fd = by_id(BPF_MAP_GET_FD_BY_ID, ids[i]);

                if (fd < 0)
                        return err_code(e, fd, "bpf: map of program");
                if (info_of(fd, &map, sizeof map) == 0 && strncmp(map.name, name, sizeof map.name) == 0 &&
                    map.key_size == key && map.value_size == value)
                        return fd;
                fd_close(fd);
        }
        return err_code(e, ENOENT, "bpf: map %s", name);
}

/* ------------------------------------------------------------------- links */

int bpf_link_netns(int program, int netns, struct err *e)
{
        union bpf_attr attr = {
                .link_create = { .prog_fd = (uint32_t)program, .target_fd = (uint32_t)netns, .attach_type = BPF_SK_LOOKUP },
        };
        int fd = sys_bpf(BPF_LINK_CREATE, &attr, sizeof attr);

        return fd < 0 ? err_sys(e, "bpf: attach to network namespace") : fd;
}

static uint32_t map_id(int map)
{
        struct bpf_map_info info = {0};

        return info_of(map, &info, sizeof info) < 0 ? 0 : info.id;
}

static bool uses_map(uint32_t program, uint32_t map)
{
        autofd fd = by_id(BPF_PROG_GET_FD_BY_ID, program);
        uint32_t ids[16];
        struct bpf_prog_info info = { .nr_map_ids = COUNT(ids), .map_ids = ptr(ids) };

        if (fd < 0 || info_of(fd, &info, sizeof info) < 0)
                return false;
        for (size_t i = 0; i < info.nr_map_ids && i < COUNT(ids); i++)
                if (ids[i] == map)
                        return true;
        return false;
}

/* Most namespaces have none, and then not all links of the machine need be looked at. */
static bool has_programs(int netns)
{
        uint32_t ids[64];
        union bpf_attr attr = {
                .query = { .target_fd = (uint32_t)netns, .attach_type = BPF_SK_LOOKUP, .prog_ids = ptr(ids),
                           .prog_cnt = COUNT(ids) },
        };

        return sys_bpf(BPF_PROG_QUERY, &attr, sizeof attr) < 0 || attr.query.prog_cnt > 0;
}

int bpf_link_netns_find(int netns, int map, struct err *e)
{
        union bpf_attr next = {0};
        uint32_t wanted = map_id(map);
        struct stat st;

        if (fstat(netns, &st) < 0)
                return err_sys(e, "network namespace");
        while (has_programs(netns) && sys_bpf(BPF_LINK_GET_NEXT_ID, &next, sizeof next) == 0) {
                struct bpf_link_info info = {0};
                int fd = by_id(BPF_LINK_GET_FD_BY_ID, next.next_id);

                if (fd >= 0 && info_of(fd, &info, sizeof info) == 0 && info.type == BPF_LINK_TYPE_NETNS &&
                    info.netns.attach_type == BPF_SK_LOOKUP && info.netns.netns_ino == (uint32_t)st.st_ino &&
                    uses_map(info.prog_id, wanted))
                        return fd;
                fd_close(fd);
                next.start_id = next.next_id;
        }
        return err_code(e, ENOENT, "bpf: link to network namespace");
}
