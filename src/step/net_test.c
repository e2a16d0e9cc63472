/*
 * The network steps against the kernel: the test is a host in a network
 * namespace of its own, without a way out; jails are processes that do nothing
 * in namespaces of theirs, with real records in a store of the test's.
 */
#include "net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/nft.h"
#include "kern/pidfd.h"
#include "state/record.h"
#include "step/host.h"

static struct host host;
static struct nl nl_host = NL_CLOSED;
static char store_path[64];

#define OUTSIDE "192.0.2.2"
#define HOST "192.0.2.1"
#define OUTSIDE6 "2001:db8::2"
#define HOST6 "2001:db8::1"

/* Fails with the message there is. */
#define ok(expression) \
        do { \
                struct err *e_ = &last; \
                *e_ = (struct err){0}; \
                if ((expression) < 0) \
                        fail_msg("%s: %s", #expression, e_->text); \
        } while (0)

static struct err last;

/* ------------------------------------------------------------ namespaces */

/* A process that does nothing but hold a network namespace. */
static pid_t idle(int *ret_netns)
{
        char path[32], byte;
        int ready[2];
        pid_t pid;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
        *ret_netns = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(*ret_netns >= 0);
        return pid;
}

static void end(pid_t *pid)
{
        if (*pid > 0) {
                kill(*pid, SIGKILL);
                waitpid(*pid, NULL, 0);
        }
        *pid = 0;
}

static void go(int netns)
{
        assert_int_equal(setns(netns, CLONE_NEWNET), 0);
}

static const char *sysctl(const char *path)
{
        static char value[32];

        ok(fd_get(AT_FDCWD, path, value, sizeof value, &last));
        return value;
}

#define FORWARD4 "/proc/sys/net/ipv4/ip_forward"
#define BRIDGE_NF "/proc/sys/net/bridge/bridge-nf-call-iptables"
#define FORWARD6 "/proc/sys/net/ipv6/conf/all/forwarding"

/* ----------------------------------------------------------------- jails */

struct jail {
        struct run run;
        struct record record;
        struct jail_spec spec;
};

/* Lists grow. */
static void set(struct jail *j, const char *name, const char *value)
{
        const struct param *p = param_find(name, NULL);
        autostrv values = {0};

        assert_non_null(p);
        if (p->type == P_COMMA)
                assert_int_equal(spec_get(&j->spec, p, &values), 0);
        assert_int_equal(strv_push(&values, value), 0);
        ok(spec_set(&j->spec, name, values.v, values.n, &last));
}

static void jail_init(struct jail *j, const char *name)
{
        spec_init(&j->spec);
        set(j, "name", name);
        set(j, "vnet", "new");
        run_init(&j->run);
}

static int jail_step(struct jail *j, const struct step *step)
{
        return step->wanted(&j->spec) ? step->enact(&j->run, &last) : 0;
}

static const struct step *const steps[] = {
        &step_net_guard, &step_net_lo, &step_net_interface, &step_net_addr, &step_net_publish,
};

/* As the plan does it, "done" and the parameter in front of errors included. */
static int jail_make(struct jail *j)
{
        uint64_t start;

        ok(record_create(&host.store, &j->spec, 0, &j->record, &last));
        j->run.spec = &j->spec;
        j->run.name = j->spec.name;
        j->run.jid = j->record.jid;
        j->run.record = &j->record;
        j->run.host = &host;
        j->run.nl_host = nl_host;
        j->run.init = idle(&j->run.netns);
        ok(pidfd_start_time(j->run.init, &start, &last));
        ok(record_set_init(&j->record, j->run.init, start, &last));
        ok(nl_open_in(NETLINK_ROUTE, j->run.netns, host.self.net, &j->run.nl_jail, &last));
        for (size_t i = 0; i < COUNT(steps); i++) {
                size_t before = j->record.n_entries;
                int r = jail_step(j, steps[i]);

                if (r < 0 && steps[i]->param)
                        r = err_wrap(&last, "%s", steps[i]->param);
                if (r < 0)
                        return r;
                for (size_t k = before; k < j->record.n_entries; k++)
                        ok(record_done(&j->record, steps[i]->name, j->record.entries[k].note, &last));
        }
        return 0;
}

static void jail_undo(struct jail *j)
{
        for (size_t i = j->record.n_entries; i-- > 0;)
                for (size_t k = 0; k < COUNT(steps); k++)
                        if (str_eq(j->record.entries[i].step, steps[k]->name))
                                ok(steps[k]->undo(&j->run, j->record.entries[i].note, &last));
}

/* The jail's processes are gone; the namespace may be held. */
static void jail_kill(struct jail *j)
{
        end(&j->run.init);
        nl_close(&j->run.nl_jail);
}

static void jail_forget(struct jail *j)
{
        ok(record_unlink(&j->record, &last));
        record_close(&j->record);
        run_finish(&j->run);
        spec_finish(&j->spec);
}

static void jail_end(struct jail *j)
{
        jail_undo(j);
        jail_kill(j);
        jail_undo(j);                   /* twice does no harm, nor does it that nobody is in there any more */
        jail_forget(j);
}

/* A jail on a routed cable. publish, nat: NULL for none. */
static void routed(struct jail *j, const char *name, const char *addr, const char *publish, const char *nat)
{
        jail_init(j, name);
        set(j, "vnet.interface", "auto");
        set(j, strchr(addr, ':') ? "vnet.ip6.addr" : "vnet.ip4.addr", addr);
        if (publish)
                set(j, "publish", publish);
        if (nat)
                set(j, "vnet.nat", nat);
}

/* --------------------------------------------------------------- sockets */

static socklen_t sockaddr_of(const char *addr, int port, struct sockaddr_storage *ret)
{
        struct sockaddr_in *v4 = (void *)ret;
        struct sockaddr_in6 *v6 = (void *)ret;

        memset(ret, 0, sizeof *ret);
        if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
                v4->sin_family = AF_INET;
                v4->sin_port = htons((uint16_t)port);
                return sizeof *v4;
        }
        assert_int_equal(inet_pton(AF_INET6, addr, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return sizeof *v6;
}

static int socket_in(int netns, const char *addr)
{
        int fd;

        go(netns);
        fd = socket(strchr(addr, ':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        go(host.self.net);
        assert_true(fd >= 0);
        return fd;
}

static int listen_in(int netns, const char *any, int port)
{
        struct sockaddr_storage a;
        socklen_t n = sockaddr_of(any, port, &a);
        int fd = socket_in(netns, any);
        const int on = 1;

        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
        assert_int_equal(listen(fd, 8), 0);
        return fd;
}

/* Connects from netns to addr. Returns whom the listener saw as its peer, or the reason why it saw nobody. */
static const char *reach(int netns, const char *addr, int port, int listener)
{
        static char text[INET6_ADDRSTRLEN];
        const struct timeval patience = { .tv_sec = 1 };
        struct pollfd p = { .fd = listener, .events = POLLIN };
        struct sockaddr_storage a;
        socklen_t n = sockaddr_of(addr, port, &a);
        autofd fd = socket_in(netns, addr), accepted = -EBADF;

        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, (struct sockaddr *)&a, n) < 0)
                return errno == EINPROGRESS ? "timeout" : err_text(errno);
        if (poll(&p, 1, 500) != 1)
                return "somebody else";
        n = sizeof a;
        accepted = accept(listener, (struct sockaddr *)&a, &n);
        assert_true(accepted >= 0);
        inet_ntop(a.ss_family, a.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)(void *)&a)->sin_addr
                                                      : (void *)&((struct sockaddr_in6 *)(void *)&a)->sin6_addr,
                  text, sizeof text);
        return text;
}

/* ----------------------------------------------------------------- set-up */

static int outside = -EBADF;    /* a network namespace at the other end of the host's uplink */
static pid_t outside_pid;

static void give(struct nl *nl, const char *dev, const char *addr, unsigned len)
{
        const int family = strchr(addr, ':') ? AF_INET6 : AF_INET;
        autonlb b = NLB(nl);
        uint8_t bytes[16];

        inet_pton(family, addr, bytes);
        /* 2: IFA_F_NODAD */
        nl_add_addr(&b, nl_index(nl, dev), family, bytes, len, family == AF_INET6 ? 2 : 0, addr);
        ok(nlb_send(&b, NULL, &last));
}

static void up(struct nl *nl, const char *dev)
{
        autonlb b = NLB(nl);

        nl_set_up(&b, dev, true, dev);
        ok(nlb_send(&b, NULL, &last));
}

/* A cable of the administrator's between two namespaces. */
static void cable(const char *near, const char *far, int netns)
{
        const uint8_t a[6] = { 2, 0, 0, 0, 1, (uint8_t)near[strlen(near) - 1] };
        const uint8_t b[6] = { 2, 0, 0, 0, 2, (uint8_t)far[strlen(far) - 1] };
        const struct nl_veth veth = { .name = near, .peer = far, .mac = a, .peer_mac = b, .peer_netns = netns };
        autonlb batch = NLB(&nl_host);

        nl_add_veth(&batch, &veth, near);
        ok(nlb_send(&batch, NULL, &last));
}

/* A new world for each test: what one leaves behind when it fails is in nobody's way. */
static int start(void **state)
{
        autonl far = NL_CLOSED;

        assert_int_equal(unshare(CLONE_NEWNET), 0);
        ok(ns_self_open(&host.self, &last));
        /* in memory, like /run */
        snprintf(store_path, sizeof store_path, "%s/gaol-net-test.XXXXXX",
                 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
        ok(store_open(&host.store, mkdtemp(store_path), true, &last));
        ok(nl_open(NETLINK_ROUTE, &nl_host, &last));
        /* Here every jail has a copy of the thread's sockets and none hands them on: opened once. */
        ok(nl_open_filter(&nl_host, &last));
        up(&nl_host, "lo");
        outside_pid = idle(&outside);
        ok(nl_open_in(NETLINK_ROUTE, outside, host.self.net, &far, &last));
        cable("up0", "eth0", outside);
        up(&far, "lo");
        up(&far, "eth0");
        give(&nl_host, "up0", HOST, 24);
        give(&far, "eth0", OUTSIDE, 24);
        give(&nl_host, "up0", HOST6, 64);
        give(&far, "eth0", OUTSIDE6, 64);
        return 0;
}

static int rm(const char *path, const struct stat *st, int flag, struct FTW *at)
{
        return remove(path);
}

static int stop(void **state)
{
        end(&outside_pid);
        fd_drop(&outside);
        nl_close(&nl_host);
        store_close(&host.store);
        ns_self_close(&host.self);
        return nftw(store_path, rm, 8, FTW_DEPTH | FTW_PHYS);
}

static bool have_nft(void)
{
        autonl nft = NL_CLOSED;

        if (system("command -v nft > /dev/null") != 0) {
                print_message("publish: needs nft(8)\n");
                return false;
        }
        return nl_open(NETLINK_NETFILTER, &nft, &last) == 0;
}

/* ----------------------------------------------------------------- tests */

static void test_routed_cable(void **state)
{
        struct jail j;
        char name[IFNAMSIZ];
        autofd in = -EBADF, on_host = listen_in(host.self.net, "0.0.0.0", 7);

        routed(&j, "web", "10.0.0.2", NULL, NULL);
        ok(jail_make(&j));
        in = listen_in(j.run.netns, "0.0.0.0", 80);
        assert_string_equal(reach(host.self.net, "10.0.0.2", 80, in), HOST);
        assert_string_equal(reach(j.run.netns, HOST, 7, on_host), "10.0.0.2");
        net_cable_name(j.run.jid, 0, name);
        assert_true(nl_index(&nl_host, name) > 0);
        /* Of the cable nothing is noted: it goes with the jail. */
        assert_int_equal(j.record.n_entries, 1);
        assert_string_equal(j.record.entries[0].step, "net.guard");
        jail_end(&j);
        assert_int_equal(system("test -z \"$(nft list ruleset)\""), 0);
}

static void test_wide_prefix_and_two_families(void **state)
{
        struct jail a, b;
        autofd in = -EBADF, in6 = -EBADF;

        routed(&a, "a", "10.0.0.2/24", NULL, NULL);
        set(&a, "vnet.ip6.addr", "fd00::2/64");
        ok(jail_make(&a));
        routed(&b, "b", "10.0.0.3/24", NULL, NULL);
        set(&b, "vnet.ip6.addr", "fd00::3/64");
        ok(jail_make(&b));
        in = listen_in(b.run.netns, "0.0.0.0", 80);
        in6 = listen_in(b.run.netns, "::", 81);
        assert_string_equal(reach(host.self.net, "fd00::3", 81, in6), HOST6);
        /* Neighbours of one prefix, through the host. */
        ok(fd_put(AT_FDCWD, FORWARD4, "1", &last));
        ok(fd_put(AT_FDCWD, FORWARD6, "1", &last));
        assert_string_equal(reach(a.run.netns, "10.0.0.3", 80, in), "10.0.0.2");
        assert_string_equal(reach(a.run.netns, "fd00::3", 81, in6), "fd00::2");
        ok(fd_put(AT_FDCWD, FORWARD4, "0", &last));
        ok(fd_put(AT_FDCWD, FORWARD6, "0", &last));
        jail_end(&a);
        jail_end(&b);
}

static int datagrams_in(int netns, const char *addr, int port)
{
        struct sockaddr_storage a;
        socklen_t n = sockaddr_of(addr, port, &a);
        int fd;

        go(netns);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        go(host.self.net);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
        return fd;
}

static bool arrives(int from, int to)
{
        struct pollfd p = { .fd = to, .events = POLLIN };
        struct sockaddr_storage a;
        socklen_t n = sockaddr_of(HOST, 7, &a);
        char byte;

        assert_int_equal(sendto(from, "x", 1, 0, (struct sockaddr *)&a, n), 1);
        return poll(&p, 1, 200) == 1 && recv(to, &byte, 1, 0) == 1;
}

static void test_no_forged_sources(void **state)
{
        struct jail j;
        autofd on_host = datagrams_in(host.self.net, HOST, 7), own = -EBADF, forged = -EBADF;

        routed(&j, "web", "10.0.0.2", NULL, NULL);
        ok(jail_make(&j));
        give(&j.run.nl_jail, "eth0", "10.9.9.9", 32);
        own = datagrams_in(j.run.netns, "10.0.0.2", 0);
        forged = datagrams_in(j.run.netns, "10.9.9.9", 0);
        assert_true(arrives(own, on_host));
        assert_false(arrives(forged, on_host));
        jail_end(&j);
}

static void test_two_cables(void **state)
{
        struct jail j;
        autofd in = -EBADF;

        jail_init(&j, "two");
        set(&j, "vnet.interface", "auto");
        set(&j, "vnet.interface", "auto:dmz0");
        set(&j, "vnet.ip4.addr", "10.0.0.2");
        set(&j, "vnet.ip4.addr", "dmz0|10.0.1.2");
        set(&j, "vnet.ip6.addr", "fd00::2");
        set(&j, "vnet.ip6.addr", "dmz0|fd00:1::2");
        ok(jail_make(&j));
        in = listen_in(j.run.netns, "::", 80);
        assert_string_equal(reach(host.self.net, "10.0.0.2", 80, in), "::ffff:" HOST);
        assert_string_equal(reach(host.self.net, "10.0.1.2", 80, in), "::ffff:" HOST);
        assert_string_equal(reach(host.self.net, "fd00:1::2", 80, in), HOST6);
        jail_end(&j);
}

static void test_gateways(void **state)
{
        struct jail j;
        autofd on_host = listen_in(host.self.net, "0.0.0.0", 7);
        struct nl_route r;
        const uint8_t near[4] = { 10, 0, 0, 9 }, far[4] = { 198, 51, 100, 1 };

        routed(&j, "none", "10.0.0.2/24", NULL, NULL);
        set(&j, "vnet.gateway", "none");
        ok(jail_make(&j));
        ok(nl_get_route(&j.run.nl_jail, AF_INET, near, &r, &last));
        assert_int_equal(r.len, 24);
        assert_int_equal(nl_get_route(&j.run.nl_jail, AF_INET, far, &r, &last), -ENETUNREACH);
        assert_string_equal(reach(j.run.netns, HOST, 7, on_host), "Network is unreachable");
        jail_end(&j);

        routed(&j, "own", "10.0.0.2/24", NULL, NULL);
        set(&j, "vnet.gateway", "10.0.0.1");
        set(&j, "vnet.gateway", "fe80::7");
        ok(jail_make(&j));
        assert_string_equal(reach(j.run.netns, HOST, 7, on_host), "10.0.0.2");
        jail_end(&j);

        routed(&j, "two", "10.0.0.2/24", NULL, NULL);
        set(&j, "vnet.gateway", "10.0.0.1");
        set(&j, "vnet.gateway", "10.0.0.4");
        assert_int_equal(jail_make(&j), -EEXIST);
        assert_string_equal(last.text, "vnet.gateway: 10.0.0.4: the second of its family");
        jail_end(&j);
}

static void test_lo_only(void **state)
{
        struct jail j;
        autofd in = -EBADF;

        jail_init(&j, "lo");
        set(&j, "vnet.ip4.addr", "10.0.0.2");
        ok(jail_make(&j));
        in = listen_in(j.run.netns, "10.0.0.2", 80);
        assert_string_equal(reach(j.run.netns, "10.0.0.2", 80, in), "10.0.0.2");
        jail_end(&j);
}

static void test_missing(void **state)
{
        struct jail j;

        jail_init(&j, "x");
        set(&j, "vnet.interface", "eth9");
        assert_int_equal(jail_make(&j), -ENODEV);
        assert_string_equal(last.text, "vnet.interface: eth9: No such device");
        jail_end(&j);

        jail_init(&j, "x");
        set(&j, "vnet.interface", "auto");
        set(&j, "vnet.ip4.addr", "eth7|10.0.0.2");
        assert_int_equal(jail_make(&j), -ENODEV);
        assert_string_equal(last.text, "vnet.ip4.addr: eth7: No such device");
        jail_end(&j);

        jail_init(&j, "x");
        set(&j, "vnet.interface", "auto@lo0");
        ok(jail_make(&j));
        jail_end(&j);

        jail_init(&j, "x");
        set(&j, "vnet.interface", "auto@up0");
        assert_int_equal(jail_make(&j), -EINVAL);
        assert_string_equal(last.text, "vnet.interface: up0: not a bridge");
        jail_end(&j);
}

static void test_address_in_use(void **state)
{
        struct jail a, b;
        autofd held = -EBADF, in = -EBADF;

        routed(&a, "a", "10.0.0.2", NULL, NULL);
        ok(jail_make(&a));
        routed(&b, "b", "10.0.0.2", NULL, NULL);
        assert_int_equal(jail_make(&b), -EADDRINUSE);
        assert_string_equal(last.text, "vnet.ip4.addr: 10.0.0.2: in use by another jail");
        jail_end(&b);

        /* Dead, but somebody holds its namespace: the newcomer has the address all the same. */
        held = fd_take(&a.run.netns);
        jail_kill(&a);
        routed(&b, "b", "10.0.0.2", NULL, NULL);
        ok(jail_make(&b));
        in = listen_in(b.run.netns, "0.0.0.0", 80);
        assert_string_equal(reach(host.self.net, "10.0.0.2", 80, in), HOST);
        jail_end(&b);
        jail_forget(&a);

        routed(&b, "b", HOST, NULL, NULL);
        assert_int_equal(jail_make(&b), -EADDRINUSE);
        assert_string_equal(last.text, "vnet.ip4.addr: 192.0.2.1: the host's own address");
        jail_end(&b);
}

static void test_same_jid_again(void **state)
{
        struct jail a, b;
        autofd held = -EBADF;
        char jid[16];

        routed(&a, "a", "10.0.0.2", NULL, NULL);
        ok(jail_make(&a));
        snprintf(jid, sizeof jid, "%d", a.run.jid);
        held = fd_take(&a.run.netns);
        jail_kill(&a);
        jail_forget(&a);
        routed(&b, "b", "10.0.0.2", NULL, NULL);
        set(&b, "jid", jid);
        ok(jail_make(&b));
        jail_end(&b);
}

static void test_bridge(void **state)
{
        struct jail a, b;
        autofd in = -EBADF;

        jail_init(&a, "a");
        set(&a, "vnet.interface", "auto@lan0");
        set(&a, "vnet.ip4.addr", "10.1.0.2/24");
        set(&a, "vnet.ip6.addr", "fd01::2/64");
        ok(jail_make(&a));
        jail_init(&b, "b");
        set(&b, "vnet.interface", "auto@lan0:wan0");
        set(&b, "vnet.ip4.addr", "10.1.0.3/24");
        set(&b, "vnet.ip6.addr", "wan0|fd01::3/64");
        ok(jail_make(&b));
        in = listen_in(b.run.netns, "::", 80);
        assert_string_equal(reach(a.run.netns, "10.1.0.3", 80, in), "::ffff:10.1.0.2");
        assert_string_equal(reach(a.run.netns, "fd01::3", 80, in), "fd01::2");
        jail_end(&a);
        assert_true(nl_index(&nl_host, "lan0") > 0);
        jail_end(&b);
        assert_int_equal(nl_index(&nl_host, "lan0"), -ENODEV);
}

static void test_bridge_with_others_on_it(void **state)
{
        autonlb batch = NLB(&nl_host);
        struct jail a;

        jail_init(&a, "a");
        set(&a, "vnet.interface", "auto@lan0");
        ok(jail_make(&a));
        cable("port0", "eth9", outside);
        nl_set_master(&batch, "port0", nl_index(&nl_host, "lan0"), "port0");
        ok(nlb_send(&batch, NULL, &last));
        jail_end(&a);
        assert_true(nl_index(&nl_host, "lan0") > 0);
        nl_del_link(&batch, nl_index(&nl_host, "lan0"), "lan0");
        nl_del_link(&batch, nl_index(&nl_host, "port0"), "port0");
        ok(nlb_send(&batch, NULL, &last));
}

static void test_bridge_of_the_administrators(void **state)
{
        const uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };
        autonlb batch = NLB(&nl_host);
        struct jail a;

        nl_add_bridge(&batch, "adm0", mac, 0, "adm0");
        ok(nlb_send(&batch, NULL, &last));
        jail_init(&a, "a");
        set(&a, "vnet.interface", "auto@adm0");
        ok(jail_make(&a));
        assert_int_equal(a.record.n_entries, 0);
        jail_end(&a);
        assert_true(nl_index(&nl_host, "adm0") > 0);
        nl_del_link(&batch, nl_index(&nl_host, "adm0"), "adm0");
        ok(nlb_send(&batch, NULL, &last));
}

static void rename_link(struct nl *nl, const char *from, const char *to)
{
        autonlb b = NLB(nl);

        nl_set_up(&b, from, false, from);
        nl_set_name(&b, nl_index(nl, from), to, from);
        ok(nlb_send(&b, NULL, &last));
}

static bool is_up(const char *name)
{
        struct nl_link link;

        ok(nl_get_link(&nl_host, 0, name, &link, &last));
        return link.up;
}

static void test_moved_interface(void **state)
{
        autonlb batch = NLB(&nl_host);
        struct jail j;
        int index;

        cable("ext0", "eth8", outside);
        index = nl_index(&nl_host, "ext0");
        jail_init(&j, "j");
        set(&j, "vnet.interface", "ext0:wan0");
        set(&j, "vnet.ip4.addr", "10.2.0.2/24");
        set(&j, "vnet.gateway", "10.2.0.1");
        ok(jail_make(&j));
        assert_int_equal(nl_index(&nl_host, "ext0"), -ENODEV);
        assert_int_equal(nl_index(&j.run.nl_jail, "wan0"), index);
        rename_link(&j.run.nl_jail, "wan0", "mine0");
        jail_end(&j);
        assert_int_equal(nl_index(&nl_host, "ext0"), index);
        assert_true(is_up("ext0"));

        /* Its name is taken: it comes home under another, and the other is left alone. */
        jail_init(&j, "j");
        set(&j, "vnet.interface", "ext0");
        ok(jail_make(&j));
        cable("ext0", "eth7", outside);
        nl_set_up(&batch, "ext0", false, "ext0");
        ok(nlb_send(&batch, NULL, &last));
        jail_end(&j);
        assert_false(is_up("ext0"));
        assert_int_not_equal(nl_index(&nl_host, "ext0"), index);
        nl_del_link(&batch, index, "dev0");
        ok(nlb_send(&batch, NULL, &last));

        /* As the kernel returns a real device of a jail that died: under the name it had in there, down. */
        up(&nl_host, "ext0");
        index = nl_index(&nl_host, "ext0");
        jail_init(&j, "j");
        set(&j, "vnet.interface", "ext0:wan0");
        ok(jail_make(&j));
        {
                autonlb in = NLB(&j.run.nl_jail);

                nl_set_netns(&in, index, host.self.net, "wan0", "wan0");
                ok(nlb_send(&in, NULL, &last));
        }
        jail_kill(&j);
        fd_drop(&j.run.netns);
        jail_undo(&j);
        assert_int_equal(nl_index(&nl_host, "ext0"), index);
        assert_true(is_up("ext0"));
        jail_forget(&j);
        nl_del_link(&batch, index, "ext0");
        ok(nlb_send(&batch, NULL, &last));
}

static void test_publish(void **state)
{
        struct jail a, b;
        autofd in = -EBADF, in81 = -EBADF, decoy = -EBADF;
        char name[IFNAMSIZ], command[64];

        if (!have_nft())
                skip();
        routed(&a, "a", "10.0.0.2", "8080:80", NULL);
        set(&a, "publish", "192.0.2.1:9000-9002:81-83/tcp");
        ok(jail_make(&a));
        routed(&b, "b", "10.0.0.3", "8053:53/udp", NULL);
        ok(jail_make(&b));
        assert_string_equal(sysctl(FORWARD4), "1");
        in = listen_in(a.run.netns, "0.0.0.0", 80);
        in81 = listen_in(a.run.netns, "0.0.0.0", 82);
        /* From outside, another jail, the host's address, the host's loopback, and the jail itself. */
        assert_string_equal(reach(outside, HOST, 8080, in), OUTSIDE);
        assert_string_equal(reach(b.run.netns, HOST, 8080, in), "10.0.0.3");
        assert_string_equal(reach(host.self.net, HOST, 8080, in), HOST);
        assert_string_equal(reach(host.self.net, "127.0.0.1", 8080, in), GAOL_HOST4);
        assert_string_equal(reach(a.run.netns, HOST, 8080, in), GAOL_HOST4);
        assert_string_equal(reach(outside, HOST, 9001, in81), OUTSIDE);
        assert_string_equal(reach(outside, HOST, 9003, in81), "Connection refused");
        /* The protocol counts, and what is for one address is for no other. */
        assert_string_equal(reach(outside, HOST, 8053, in), "Connection refused");
        assert_string_equal(reach(host.self.net, "127.0.0.1", 9001, in81), "Connection refused");
        /* Though the host takes answers for its loopback addresses from cables, a jail cannot ask them anything. */
        decoy = listen_in(host.self.net, "0.0.0.0", 7);
        {
                static const int route_localnet[][2] = { { IPV4_DEVCONF_ROUTE_LOCALNET, 1 } };
                const uint8_t host_mac[6] = { 2, 'g', 'a', 'o', 'l', 1 };
                autonlb batch = NLB(&a.run.nl_jail);
                struct nl_route r = {
                        .family = AF_INET, .dst = { 127, 0, 0, 2 }, .len = 32, .dev = nl_index(&a.run.nl_jail, "eth0"),
                };

                nl_set_conf4(&batch, "eth0", route_localnet, 1, "eth0");
                nl_add_route(&batch, &r, "route");
                nl_add_neigh(&batch, r.dev, AF_INET, r.dst, host_mac, "neighbour");
                r.table = 255;
                r.dst[3] = 0;
                r.len = 8;
                r.dev = nl_index(&a.run.nl_jail, "lo");
                nl_del_route(&batch, &r, "loopback");
                ok(nlb_send(&batch, NULL, &last));
        }
        assert_string_equal(reach(a.run.netns, "127.0.0.2", 7, decoy), "timeout");
        assert_int_equal(system("nft flush ruleset"), 0);
        assert_string_equal(reach(a.run.netns, "127.0.0.2", 7, decoy), "timeout");
        /* It was for this that it could not. */
        net_cable_name(a.run.jid, 0, name);
        snprintf(command, sizeof command, "tc qdisc del dev %s ingress", name);
        assert_int_equal(system(command), 0);
        assert_string_equal(reach(a.run.netns, "127.0.0.2", 7, decoy), "10.0.0.2");
        jail_end(&a);
        assert_string_equal(sysctl(FORWARD4), "1");
        assert_string_equal(reach(outside, HOST, 8080, in), "Connection refused");
        jail_end(&b);
        assert_string_equal(sysctl(FORWARD4), "0");
        assert_int_equal(system("test -z \"$(nft list ruleset)\""), 0);
}

static void test_publish_twice(void **state)
{
        struct jail a, b;

        if (!have_nft())
                skip();
        routed(&a, "a", "10.0.0.2", "8080:80", NULL);
        ok(jail_make(&a));
        routed(&b, "b", "10.0.0.3", "8070-8090:80-100", NULL);
        assert_int_equal(jail_make(&b), -EADDRINUSE);
        assert_string_equal(last.text, "publish: 8080/tcp: already published by a");
        /* What b did not get it does not take away. */
        jail_end(&b);
        assert_int_equal(system("nft list map inet gaol publish4 | grep -q 'tcp . 8080'"), 0);
        assert_int_not_equal(system("nft list map inet gaol publish4 | grep -q 'tcp . 8081'"), 0);
        /* A jail that died without giving back is in nobody's way. */
        jail_kill(&a);
        routed(&b, "b", "10.0.0.3", "8080:80", NULL);
        ok(jail_make(&b));
        jail_undo(&a);
        assert_int_equal(system("nft list map inet gaol publish4 | grep -q 'tcp . 8080.*10.0.0.3 . 80'"), 0);
        jail_forget(&a);
        jail_end(&b);

        jail_init(&b, "b");
        set(&b, "vnet.interface", "auto");
        set(&b, "publish", "8080:80");
        assert_int_equal(jail_make(&b), -EADDRNOTAVAIL);
        assert_string_equal(last.text, "publish: the jail has no address");
        jail_end(&b);
        routed(&b, "b", "10.0.0.3", "8080:80", NULL);
        set(&b, "publish", "8079-8080:90-91");
        assert_int_equal(jail_make(&b), -EEXIST);
        assert_string_equal(last.text, "publish: 8080/tcp: given twice");
        jail_end(&b);
        routed(&b, "b", "10.0.0.3", "[::1]:8080:80", NULL);
        assert_int_equal(jail_make(&b), -EINVAL);
        assert_string_equal(last.text, "publish: [::1]:8080:80: loopback leads only to IPv4 addresses on routed cables");
        jail_end(&b);
}

static void test_nat(void **state)
{
        struct jail j;
        autofd far = listen_in(outside, "0.0.0.0", 80), far6 = listen_in(outside, "::", 81);

        if (!have_nft())
                skip();
        routed(&j, "j", "10.0.0.2", NULL, NULL);
        ok(jail_make(&j));
        assert_string_not_equal(reach(j.run.netns, OUTSIDE, 80, far), HOST);
        jail_end(&j);
        routed(&j, "j", "10.0.0.2", NULL, "true");
        set(&j, "vnet.ip6.addr", "fd00::2");
        ok(jail_make(&j));
        assert_string_equal(reach(j.run.netns, OUTSIDE, 80, far), HOST);
        assert_string_equal(reach(j.run.netns, OUTSIDE6, 81, far6), HOST6);
        jail_end(&j);
        assert_string_equal(sysctl(FORWARD4), "0");
        assert_string_equal(sysctl(FORWARD6), "0");
}

static void test_publish6(void **state)
{
        struct jail a, b;
        autofd in = -EBADF;

        if (!have_nft())
                skip();
        routed(&a, "a", "fd00::2", "8080:80", NULL);
        set(&a, "publish", "[2001:db8::1]:8081:80");
        ok(jail_make(&a));
        routed(&b, "b", "fd00::3", NULL, NULL);
        ok(jail_make(&b));
        in = listen_in(a.run.netns, "::", 80);
        assert_string_equal(reach(outside, HOST6, 8080, in), OUTSIDE6);
        assert_string_equal(reach(b.run.netns, HOST6, 8081, in), "fd00::3");
        assert_string_equal(reach(host.self.net, HOST6, 8080, in), HOST6);
        assert_string_equal(reach(a.run.netns, HOST6, 8080, in), GAOL_HOST6);
        assert_string_equal(reach(host.self.net, "::1", 8080, in), "Connection refused");
        jail_end(&a);
        jail_end(&b);
}

/* Forwarding would cost the host the default route it has from a router, did nobody tell it to go on listening. */
static void test_router_announced_route(void **state)
{
        static const char path[] = "/proc/sys/net/ipv6/conf/up0/accept_ra";
        static const uint8_t via[16] = { 0xfe, 0x80, [15] = 9 };
        const struct rtmsg m = { .rtm_family = AF_INET6, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_RA,
                                 .rtm_type = RTN_UNICAST };
        struct nl_route r = { .family = AF_INET6, .via = via, .dev = nl_index(&nl_host, "up0") };
        autonlb batch = NLB(&nl_host);
        struct jail j;

        if (!have_nft())
                skip();
        nlb_msg(&batch, RTM_NEWROUTE, NLM_F_CREATE, &m, sizeof m, "route");
        nlb_put(&batch, RTA_GATEWAY, via, sizeof via);
        nlb_u32(&batch, RTA_OIF, (uint32_t)r.dev);
        ok(nlb_send(&batch, NULL, &last));
        assert_string_equal(sysctl(path), "1");
        routed(&j, "j", "fd00::2", NULL, "true");
        ok(jail_make(&j));
        assert_string_equal(sysctl(FORWARD6), "1");
        assert_string_equal(sysctl(path), "2");
        jail_end(&j);
        assert_string_equal(sysctl(FORWARD6), "0");
        assert_string_equal(sysctl(path), "1");
        nl_del_route(&batch, &r, "route");
        ok(nlb_send(&batch, NULL, &last));
}

static void test_publish_on_bridge(void **state)
{
        struct jail a, b;
        autofd in = -EBADF, far = -EBADF;

        if (!have_nft())
                skip();
        jail_init(&a, "a");
        set(&a, "vnet.interface", "auto@lan0");
        set(&a, "vnet.ip4.addr", "10.1.0.2/24");
        set(&a, "vnet.gateway", "10.1.0.1");
        set(&a, "publish", "8080:80");
        ok(jail_make(&a));
        give(&nl_host, "lan0", "10.1.0.1", 24);
        jail_init(&b, "b");
        set(&b, "vnet.interface", "auto@lan0");
        set(&b, "vnet.ip4.addr", "10.1.0.3/24");
        set(&b, "vnet.gateway", "10.1.0.1");
        set(&b, "vnet.nat", "true");
        ok(jail_make(&b));
        in = listen_in(a.run.netns, "0.0.0.0", 80);
        far = listen_in(outside, "0.0.0.0", 80);
        assert_string_equal(reach(outside, HOST, 8080, in), OUTSIDE);
        assert_string_equal(reach(b.run.netns, OUTSIDE, 80, far), HOST);
        /* What stays on the bridge keeps its address, also where bridged packets are shown to the rules. */
        if (access(BRIDGE_NF, F_OK) == 0) {
                assert_string_equal(reach(b.run.netns, "10.1.0.2", 80, in), "10.1.0.3");
                assert_string_equal(reach(b.run.netns, HOST, 8080, in), "10.1.0.3");
                ok(fd_put(AT_FDCWD, BRIDGE_NF, "0", &last));
        }
        assert_string_equal(reach(b.run.netns, HOST, 8080, in), "10.1.0.1");
        assert_string_equal(reach(b.run.netns, "10.1.0.2", 80, in), "10.1.0.3");
        assert_string_equal(reach(a.run.netns, HOST, 8080, in), "10.1.0.1");
        assert_string_equal(reach(host.self.net, HOST, 8080, in), HOST);
        assert_string_equal(reach(host.self.net, "127.0.0.1", 8080, in), "Connection refused");
        jail_end(&a);
        jail_end(&b);
}

static void test_flushed_ruleset(void **state)
{
        struct jail a, b;
        autofd in = -EBADF;

        if (!have_nft())
                skip();
        routed(&a, "a", "10.0.0.2", "8080:80", NULL);
        ok(jail_make(&a));
        in = listen_in(a.run.netns, "0.0.0.0", 80);
        assert_int_equal(system("nft flush ruleset"), 0);
        assert_string_equal(reach(outside, HOST, 8080, in), "Connection refused");
        routed(&b, "b", "10.0.0.3", "8081:80", NULL);
        ok(jail_make(&b));
        assert_string_equal(reach(outside, HOST, 8080, in), OUTSIDE);
        assert_int_equal(system("nft flush ruleset"), 0);
        jail_end(&b);
        jail_end(&a);
}

static void test_many_ports(void **state)
{
        struct jail a;
        autofd in = -EBADF;

        if (!have_nft())
                skip();
        routed(&a, "a", "10.0.0.2", "20001-40000:1-20000", NULL);
        ok(jail_make(&a));
        in = listen_in(a.run.netns, "0.0.0.0", 20000);
        assert_string_equal(reach(outside, HOST, 40000, in), OUTSIDE);
        jail_end(&a);
}

static void test_no_nft(void **state)
{
        autostr path = strdup(getenv("PATH"));
        struct jail a;

        setenv("PATH", "/nowhere", 1);
        routed(&a, "a", "10.0.0.2", "8080:80", NULL);
        assert_int_equal(jail_make(&a), -ENOENT);
        assert_string_equal(last.text, "publish: nft: No such file or directory");
        setenv("PATH", path, 1);
        jail_end(&a);
}

/* CPU time of this thread, kernel's work for it included: what others do on the machine does not count. */
static double now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#define MANY 300

static void time_many(const char *what, bool publish)
{
        static struct jail many[MANY];
        double each[COUNT(steps)] = {0}, sum = 0;

        for (int i = 0; i < MANY; i++) {
                struct jail *j = &many[i];
                char text[32];

                snprintf(text, sizeof text, "10.3.%d.%d", i / 200, i % 200 + 1);
                snprintf(text + 16, 16, "j%d", i);
                routed(j, text + 16, text, NULL, NULL);
                if (publish) {
                        snprintf(text, sizeof text, "%d:80", 10000 + i);
                        set(j, "publish", text);
                }
                ok(record_create(&host.store, &j->spec, 0, &j->record, &last));
                j->run.spec = &j->spec;
                j->run.name = j->spec.name;
                j->run.jid = j->record.jid;
                j->run.record = &j->record;
                j->run.host = &host;
                j->run.nl_host = nl_host;
                go(host.self.net);
                assert_int_equal(unshare(CLONE_NEWNET), 0);
                j->run.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
                go(host.self.net);
                ok(nl_open_in(NETLINK_ROUTE, j->run.netns, host.self.net, &j->run.nl_jail, &last));
        }
        for (int i = 0; i < MANY; i++)
                for (size_t k = 0; k < COUNT(steps); k++) {
                        double t = now();

                        ok(jail_step(&many[i], steps[k]));
                        each[k] += now() - t;
                }
        for (size_t k = 0; k < COUNT(steps); k++) {
                print_message("%s: %s %.0f us of CPU\n", what, steps[k]->name, each[k] / MANY);
                sum += each[k] / MANY;
        }
        print_message("%s: %.0f us of CPU per jail, %d jails\n", what, sum, MANY);
        sum = now();
        for (int i = 0; i < MANY; i++)
                jail_undo(&many[i]);
        print_message("%s: undo %.0f us of CPU per jail\n", what, (now() - sum) / MANY);
        for (int i = 0; i < MANY; i++)
                jail_forget(&many[i]);
}

static void test_time(void **state)
{
        time_many("cable and address", false);
        if (have_nft())
                time_many("cable, address and published port", true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_routed_cable, start, stop),
                cmocka_unit_test_setup_teardown(test_wide_prefix_and_two_families, start, stop),
                cmocka_unit_test_setup_teardown(test_no_forged_sources, start, stop),
                cmocka_unit_test_setup_teardown(test_two_cables, start, stop),
                cmocka_unit_test_setup_teardown(test_gateways, start, stop),
                cmocka_unit_test_setup_teardown(test_lo_only, start, stop),
                cmocka_unit_test_setup_teardown(test_missing, start, stop),
                cmocka_unit_test_setup_teardown(test_address_in_use, start, stop),
                cmocka_unit_test_setup_teardown(test_same_jid_again, start, stop),
                cmocka_unit_test_setup_teardown(test_bridge, start, stop),
                cmocka_unit_test_setup_teardown(test_bridge_with_others_on_it, start, stop),
                cmocka_unit_test_setup_teardown(test_bridge_of_the_administrators, start, stop),
                cmocka_unit_test_setup_teardown(test_moved_interface, start, stop),
                cmocka_unit_test_setup_teardown(test_publish, start, stop),
                cmocka_unit_test_setup_teardown(test_publish_twice, start, stop),
                cmocka_unit_test_setup_teardown(test_nat, start, stop),
                cmocka_unit_test_setup_teardown(test_publish6, start, stop),
                cmocka_unit_test_setup_teardown(test_router_announced_route, start, stop),
                cmocka_unit_test_setup_teardown(test_publish_on_bridge, start, stop),
                cmocka_unit_test_setup_teardown(test_flushed_ruleset, start, stop),
                cmocka_unit_test_setup_teardown(test_many_ports, start, stop),
                cmocka_unit_test_setup_teardown(test_no_nft, start, stop),
                cmocka_unit_test_setup_teardown(test_time, start, stop),
        };
        struct rlimit files;

        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
                fprintf(stderr, "skipped: needs root, to make network namespaces\n");
                return 77;
        }
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
