#include "nft.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

/* The first of the type-length-value triples user space keeps with an element; nft(8) shows it as the comment. */
#define USERDATA_COMMENT 0

static size_t padded(size_t size)
{
        return (size + 3) & ~(size_t)3;
}

/* A lone field has its own length; two or more are a concatenation, in which each starts and ends on 4 bytes. */
static void field(uint8_t *to, size_t room, size_t *len, const void *bytes, size_t size)
{
        size_t at = padded(*len);

        if (at + padded(size) > room)
                return;         /* no key of ours comes near it */
        memset(to + *len, 0, at + padded(size) - *len);
        memcpy(to + at, bytes, size);
        *len = at ? at + padded(size) : size;
}

void nft_key(struct nft_elem *el, const void *bytes, size_t size)
{
        field(el->key, sizeof el->key, &el->key_size, bytes, size);
}

void nft_data(struct nft_elem *el, const void *bytes, size_t size)
{
        field(el->data, sizeof el->data, &el->data_size, bytes, size);
}

static void message(struct nlb *b, uint16_t type, uint16_t flags, uint8_t family, const char *what)
{
        struct nfgenmsg m = { .nfgen_family = family, .version = NFNETLINK_V0 };

        nlb_msg(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &m, sizeof m, what);
}

/* Opens or closes a transaction. */
static void bracket(struct nlb *b, uint16_t type)
{
        struct nfgenmsg m = { .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

        nlb_msg(b, type, 0, &m, sizeof m, "nftables");
}

static void value(struct nlb *b, uint16_t type, const uint8_t *bytes, size_t size)
{
        size_t nest = nlb_nest(b, type, NULL, 0);

        nlb_put(b, NFTA_DATA_VALUE, bytes, size);
        nlb_end(b, nest);
}

static void element(struct nlb *b, uint16_t type, uint16_t flags, const struct nft_elem *el)
{
        size_t list, one;

        message(b, type, flags, NFPROTO_INET, el->what);
        nlb_str(b, NFTA_SET_ELEM_LIST_TABLE, el->table);
        nlb_str(b, NFTA_SET_ELEM_LIST_SET, el->set);
        list = nlb_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS, NULL, 0);
        one = nlb_nest(b, NFTA_LIST_ELEM, NULL, 0);
        value(b, NFTA_SET_ELEM_KEY, el->key, el->key_size);
        if (type == NFT_MSG_NEWSETELEM && el->data_size)
                value(b, NFTA_SET_ELEM_DATA, el->data, el->data_size);
        if (type == NFT_MSG_NEWSETELEM && el->comment) {
                uint8_t tlv[2 + NFT_COMMENT] = { USERDATA_COMMENT };
                size_t n = strnlen(el->comment, NFT_COMMENT - 1);

                tlv[1] = (uint8_t)(n + 1);
                memcpy(tlv + 2, el->comment, n);
                nlb_put(b, NFTA_SET_ELEM_USERDATA, tlv, 2 + n + 1);
        }
        nlb_end(b, one);
        nlb_end(b, list);
}

/* One transaction: the kernel takes all of it or nothing. */
static int transact(struct nl *nl, uint16_t type, uint16_t flags, const struct nft_elem *el, size_t n,
                    size_t *ret_failed, struct err *e)
{
        autonlb b = NLB(nl);
        size_t failed = 0;
        int r;

        bracket(&b, NFNL_MSG_BATCH_BEGIN);
        for (size_t i = 0; i < n; i++)
                element(&b, type, flags, &el[i]);
        /* Closing messages are acknowledged by new kernels only: the answer to wait for is the last element's. */
        nlb_last(&b);
        bracket(&b, NFNL_MSG_BATCH_END);
        r = nlb_send(&b, &failed, e);
        if (r < 0 && ret_failed)
                *ret_failed = failed > 0 ? failed - 1 : 0;
        return r;
}

int nft_add(struct nl *nl, const struct nft_elem *el, size_t n, size_t *ret_failed, struct err *e)
{
        return n ? transact(nl, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, el, n, ret_failed, e) : 0;
}

int nft_del(struct nl *nl, const struct nft_elem *el, size_t n, struct err *e)
{
        return n ? transact(nl, NFT_MSG_DELSETELEM, 0, el, n, NULL, e) : 0;
}

static int read_comment(const struct nlmsghdr *h, void *arg)
{
        const struct nlattr *tb[NFTA_SET_ELEM_LIST_ELEMENTS + 1], *list[NFTA_LIST_ELEM + 1];
        const struct nlattr *el[NFTA_SET_ELEM_USERDATA + 1];
        char *ret = arg;
        const uint8_t *tlv;
        size_t size;

        nl_attrs((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct nfgenmsg)),
                 NLMSG_PAYLOAD(h, sizeof(struct nfgenmsg)), tb, COUNT(tb) - 1);
        if (!tb[NFTA_SET_ELEM_LIST_ELEMENTS])
                return 0;
        nl_attrs(nl_data(tb[NFTA_SET_ELEM_LIST_ELEMENTS]), nl_size(tb[NFTA_SET_ELEM_LIST_ELEMENTS]), list,
                 NFTA_LIST_ELEM);
        if (!list[NFTA_LIST_ELEM])
                return 0;
        nl_attrs(nl_data(list[NFTA_LIST_ELEM]), nl_size(list[NFTA_LIST_ELEM]), el, COUNT(el) - 1);
        if (!el[NFTA_SET_ELEM_USERDATA])
                return 0;
        tlv = nl_data(el[NFTA_SET_ELEM_USERDATA]);
        size = nl_size(el[NFTA_SET_ELEM_USERDATA]);
        if (size >= 2 && tlv[0] == USERDATA_COMMENT && tlv[1] > 0 && tlv[1] <= size - 2 && tlv[1] <= NFT_COMMENT) {
                memcpy(ret, tlv + 2, tlv[1]);
                ret[tlv[1] - 1] = '\0';
        }
        return 0;
}

int nft_get(struct nl *nl, const struct nft_elem *el, char ret_comment[NFT_COMMENT], struct err *e)
{
        autonlb b = NLB(nl);

        element(&b, NFT_MSG_GETSETELEM, 0, el);
        ret_comment[0] = '\0';
        return nlb_ask(&b, read_comment, ret_comment, NULL, e);
}

int nft_del_table(struct nl *nl, const char *table, struct err *e)
{
        autonlb b = NLB(nl);
        int r;

        bracket(&b, NFNL_MSG_BATCH_BEGIN);
        message(&b, NFT_MSG_DELTABLE, 0, NFPROTO_INET, "nftables: delete table");
        nlb_str(&b, NFTA_TABLE_NAME, table);
        nlb_last(&b);
        bracket(&b, NFNL_MSG_BATCH_END);
        r = nlb_send(&b, NULL, e);
        return r == -ENOENT ? 0 : r;
}

/* What nft had to say is worth one line. */
static int complain(int errors, int status, struct err *e)
{
        char line[256];
        ssize_t n = pread(errors, line, sizeof line - 1, 0);

        if (n > 0) {
                line[n] = '\0';
                line[strcspn(line, "\n")] = '\0';
                return err_set(e, EIO, "nft: %s", line);
        }
        if (WIFSIGNALED(status))
                return err_set(e, EIO, "nft: killed by signal %d", WTERMSIG(status));
        return err_set(e, EIO, "nft: exit status %d", WEXITSTATUS(status));
}

static int spawn(int in, int out, pid_t *ret)
{
        char *argv[] = { (char[]){"nft"}, (char[]){"-f"}, (char[]){"-"}, NULL };
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attr;
        sigset_t none;
        int r;

        sigemptyset(&none);
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attr);
        posix_spawnattr_setsigmask(&attr, &none);
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
        r = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &files, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
        posix_spawn_file_actions_destroy(&files);
        return -r;
}

int nft_run(const char *text, struct err *e)
{
        autofd in = memfd_create("nft input", MFD_CLOEXEC), out = memfd_create("nft output", MFD_CLOEXEC);
        int r, status = 0;
        pid_t pid;

        if (in < 0 || out < 0)
                return err_sys(e, "nft: memfd_create");
        r = fd_write_all(in, text, strlen(text));
        if (r < 0 || lseek(in, 0, SEEK_SET) < 0)
                return err_code(e, r < 0 ? r : errno, "nft: write rules");
        r = spawn(in, out, &pid);
        if (r < 0)
                return err_code(e, r, "nft");
        while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
                ;
        /* With SIGCHLD ignored by whoever started us there is no status; adding elements will tell. */
        if (r < 0)
                return errno == ECHILD ? 0 : err_sys(e, "nft: wait");
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : complain(out, status, e);
}
