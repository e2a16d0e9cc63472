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
                element(&b, type, el[i].shared ? flags & (uint16_t)~NLM_F_EXCL : flags, &el[i]);
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

/* ------------------------------------------------------------------ chains */

#define REGISTER NFT_REG_1

static void name_table(struct nft_chain *c, uint16_t type, uint16_t flags)
{
        message(&c->b, type, flags, NFPROTO_INET, "nftables");
        nlb_str(&c->b, NFTA_TABLE_NAME, c->table);
}

void nft_chain_begin(struct nft_chain *c, struct nl *nl, const char *table, const char *chain, int hook, int priority)
{
        size_t nest;

        *c = (struct nft_chain){ .b = NLB(nl), .table = table, .chain = chain };
        bracket(&c->b, NFNL_MSG_BATCH_BEGIN);
        /* Made so that it can be deleted, whether it was there or not. */
        name_table(c, NFT_MSG_NEWTABLE, NLM_F_CREATE);
        name_table(c, NFT_MSG_DELTABLE, 0);
        name_table(c, NFT_MSG_NEWTABLE, NLM_F_CREATE);
        message(&c->b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, "nftables");
        nlb_str(&c->b, NFTA_CHAIN_TABLE, table);
        nlb_str(&c->b, NFTA_CHAIN_NAME, chain);
        nest = nlb_nest(&c->b, NFTA_CHAIN_HOOK, NULL, 0);
        nlb_u32(&c->b, NFTA_HOOK_HOOKNUM, htonl((uint32_t)hook));
        nlb_u32(&c->b, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
        nlb_end(&c->b, nest);
        nlb_u32(&c->b, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
        nlb_str(&c->b, NFTA_CHAIN_TYPE, "filter");
}

/* An expression of the open rule; what it is told goes between here and expression_end(). */
struct expression {
        size_t element, data;
};

static struct expression expression(struct nft_chain *c, const char *name)
{
        struct expression x;

        if (!c->rule) {
                message(&c->b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET, "nftables");
                nlb_str(&c->b, NFTA_RULE_TABLE, c->table);
                nlb_str(&c->b, NFTA_RULE_CHAIN, c->chain);
                c->rule = nlb_nest(&c->b, NFTA_RULE_EXPRESSIONS, NULL, 0);
        }
        x.element = nlb_nest(&c->b, NFTA_LIST_ELEM, NULL, 0);
        nlb_str(&c->b, NFTA_EXPR_NAME, name);
        x.data = nlb_nest(&c->b, NFTA_EXPR_DATA, NULL, 0);
        return x;
}

static void expression_end(struct nft_chain *c, struct expression x)
{
        nlb_end(&c->b, x.data);
        nlb_end(&c->b, x.element);
}

void nft_meta(struct nft_chain *c, uint32_t key)
{
        struct expression x = expression(c, "meta");

        nlb_u32(&c->b, NFTA_META_KEY, htonl(key));
        nlb_u32(&c->b, NFTA_META_DREG, htonl(REGISTER));
        expression_end(c, x);
}

void nft_payload(struct nft_chain *c, uint32_t offset, uint32_t len)
{
        struct expression x = expression(c, "payload");

        nlb_u32(&c->b, NFTA_PAYLOAD_DREG, htonl(REGISTER));
        nlb_u32(&c->b, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_NETWORK_HEADER));
        nlb_u32(&c->b, NFTA_PAYLOAD_OFFSET, htonl(offset));
        nlb_u32(&c->b, NFTA_PAYLOAD_LEN, htonl(len));
        expression_end(c, x);
}

void nft_mask(struct nft_chain *c, const void *mask, size_t size)
{
        static const uint8_t none[16];
        struct expression x = expression(c, "bitwise");

        nlb_u32(&c->b, NFTA_BITWISE_SREG, htonl(REGISTER));
        nlb_u32(&c->b, NFTA_BITWISE_DREG, htonl(REGISTER));
        nlb_u32(&c->b, NFTA_BITWISE_LEN, htonl((uint32_t)size));
        value(&c->b, NFTA_BITWISE_MASK, mask, size);
        value(&c->b, NFTA_BITWISE_XOR, none, size);
        expression_end(c, x);
}

void nft_fib(struct nft_chain *c, uint32_t flags, uint32_t result)
{
        struct expression x = expression(c, "fib");

        nlb_u32(&c->b, NFTA_FIB_DREG, htonl(REGISTER));
        nlb_u32(&c->b, NFTA_FIB_RESULT, htonl(result));
        nlb_u32(&c->b, NFTA_FIB_FLAGS, htonl(flags));
        expression_end(c, x);
}

void nft_cmp(struct nft_chain *c, uint32_t op, const void *bytes, size_t size)
{
        struct expression x = expression(c, "cmp");

        nlb_u32(&c->b, NFTA_CMP_SREG, htonl(REGISTER));
        nlb_u32(&c->b, NFTA_CMP_OP, htonl(op));
        value(&c->b, NFTA_CMP_DATA, bytes, size);
        expression_end(c, x);
}

void nft_verdict(struct nft_chain *c, int verdict)
{
        struct expression x = expression(c, "immediate");
        size_t data, nest;

        nlb_u32(&c->b, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
        data = nlb_nest(&c->b, NFTA_IMMEDIATE_DATA, NULL, 0);
        nest = nlb_nest(&c->b, NFTA_DATA_VERDICT, NULL, 0);
        nlb_u32(&c->b, NFTA_VERDICT_CODE, htonl((uint32_t)verdict));
        nlb_end(&c->b, nest);
        nlb_end(&c->b, data);
        expression_end(c, x);
        nlb_end(&c->b, c->rule);
        c->rule = 0;
}

int nft_chain_commit(struct nft_chain *c, struct err *e)
{
        int r;

        nlb_last(&c->b);
        bracket(&c->b, NFNL_MSG_BATCH_END);
        r = nlb_send(&c->b, NULL, e);
        nlb_free(&c->b);
        return r;
}

int nft_chain_look(struct nl *nl, const char *table, const char *chain, struct err *e)
{
        autonlb b = NLB(nl);

        message(&b, NFT_MSG_GETCHAIN, 0, NFPROTO_INET, "nftables");
        nlb_str(&b, NFTA_CHAIN_TABLE, table);
        nlb_str(&b, NFTA_CHAIN_NAME, chain);
        return nlb_send(&b, NULL, e);
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

static int spawn(int in, int out, int lock, pid_t *ret)
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
        /* Onto itself: not closed on exec then. */
        if (r == 0 && lock > STDERR_FILENO)
                r = posix_spawn_file_actions_adddup2(&files, lock, lock);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &files, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
        posix_spawn_file_actions_destroy(&files);
        return -r;
}

int nft_run(const char *text, int lock, struct err *e)
{
        autofd in = memfd_create("nft input", MFD_CLOEXEC), out = memfd_create("nft output", MFD_CLOEXEC);
        int r, status = 0;
        pid_t pid;

        if (in < 0 || out < 0)
                return err_sys(e, "nft: memfd_create");
        r = fd_write_all(in, text, strlen(text));
        if (r < 0 || lseek(in, 0, SEEK_SET) < 0)
                return err_code(e, r < 0 ? r : errno, "nft: write rules");
        r = spawn(in, out, lock, &pid);
        if (r < 0)
                return err_code(e, r, "nft");
        while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
                ;
        /* With SIGCHLD ignored by whoever started us there is no status; adding elements will tell. */
        if (r < 0)
                return errno == ECHILD ? 0 : err_sys(e, "nft: wait");
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : complain(out, status, e);
}
