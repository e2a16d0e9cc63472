/* jail_set(), jail_get(), jail_remove(): what they do, and every error with its whole text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib.h"

static int get_jid(const char *name)
{
        return jail_get(LIST(STRING("name", name)), 0);
}

static void creates(void)
{
        int jid = MAKE("one", STRING("path", "/"), STRING("host.hostname", "h1"));
        int want = 77, seven;

        tap_number(jid, 1, "the first jail has jid 1");
        tap_number(get_jid("one"), 1, "it is found by name");
        tap_number(jail_set(LIST(FLAG("persist")), JAIL_CREATE), 2, "a jail without a name");
        tap_number(get_jid("2"), 2, "has its jid for a name");
        seven = jail_set(LIST(VARIABLE("jid", want), STRING("name", "seven"), FLAG("persist")), JAIL_CREATE);
        tap_number(seven, 77, "a jail with a jid of the caller's choice");
        want = 1;
        tap_fails(jail_set(LIST(VARIABLE("jid", want), FLAG("persist")), JAIL_CREATE), EEXIST, "jail 1 already exists",
                  "a jid in use");
        tap_fails(MAKE("one"), EEXIST, "jail \"one\" already exists", "a name in use");
        tap_number(jail_set(LIST(STRING("name", "one"), STRING("host.hostname", "h2")), JAIL_CREATE | JAIL_UPDATE), 1,
                   "CREATE with UPDATE changes what is there");
        tap_number(jail_set(LIST(STRING("name", "three"), FLAG("persist")), JAIL_CREATE | JAIL_UPDATE) > 0, 1,
                   "and makes what is not");
        tap_number(jail_remove(get_jid("three")), 0, "jail_remove");
        tap_number(jail_remove(77), 0, "jail_remove by the jid of the caller's choice");
        tap_number(jail_remove(2), 0, "jail_remove of one without a name");
}

static void refuses(void)
{
        int jid = -1, n = 5;
        char text[64] = "unchanged";

        tap_fails(jail_set(LIST(STRING("name", "a"), FLAG("persist")), 0), EINVAL, "neither JAIL_CREATE nor JAIL_UPDATE",
                  "no operation");
        tap_fails(jail_set(LIST(STRING("name", "a")), 0x100 | JAIL_CREATE), EINVAL, "unknown flags 0x101", "a flag that is none");
        tap_fails(jail_set((struct iovec[]){ NAME("name") }, 1, JAIL_CREATE), EINVAL,
                  "not a list of parameter names and values", "an odd list");
        tap_fails(jail_set(LIST(BYTES("name", "a", 1)), JAIL_CREATE), EINVAL, "name: not a NUL-terminated string",
                  "a string without its end");
        tap_fails(jail_set(LIST({ (char *)"name", 4 }, { (char *)"a", 2 }), JAIL_CREATE), EINVAL,
                  "not a list of parameter names and values", "a name without its end");
        tap_fails(jail_set(LIST(STRING("name", "a")), JAIL_CREATE), EINVAL, "new jail must persist or attach", "neither");
        tap_fails(MAKE("a", FLAG("colour")), EINVAL, "unknown parameter: colour", "an unknown parameter");
        tap_fails(MAKE("a", STRING("exec.start", "x")), EINVAL, "unknown parameter: exec.start", "one of jail(8)'s own");
        tap_fails(MAKE("a", VARIABLE("lastjid", n)), EINVAL, "unknown parameter: lastjid", "one of jail_get()'s");
        tap_fails(MAKE("a", VARIABLE("parent", n)), EINVAL, "parent: read-only parameter", "one that only tells");
        tap_fails(MAKE("a", VARIABLE("enforce_statfs", n)), EINVAL, "enforce_statfs: 5: out of range (0 to 2)", "out of range");
        tap_fails(MAKE("a", BYTES("enforce_statfs", &n, 2)), EINVAL, "enforce_statfs: a value of 2 bytes, not 4", "a wrong size");
        tap_fails(MAKE("a", VARIABLE("vnet", n)), EINVAL, "vnet: unknown jailsys value \"5\"", "no jailsys value");
        tap_fails(MAKE("a", STRING("persist", "true")), EINVAL, "persist: a value of 5 bytes, not 0", "a boolean with a value");
        tap_fails(MAKE("a", VARIABLE("jid", jid)), EINVAL, "jid: negative", "a negative jid");
        tap_fails(MAKE("a", STRING("path", "/nowhere")), ENOENT, "path: /nowhere: No such file or directory", "a path that is not there");
        tap_fails(MAKE("-a"), EINVAL, "name: \"-a\" is not a valid name", "a name that is none");
        tap_fails(get_jid("a"), ENOENT, "jail \"a\" not found", "and nothing was made");

        tap_number(jail_set(LIST(STRING("name", "a"), BUFFER("errmsg", text)), JAIL_CREATE), -1, "an error with errmsg");
        tap_text(text, "new jail must persist or attach", "has its text there");
        tap_number(jail_set(LIST(BYTES("errmsg", text, 9), STRING("name", "a")), JAIL_CREATE), -1, "a short errmsg");
        tap_text(text, "new jail", "is cut, and ends");
        errno = 0;
        tap_number(jail_set(LIST(BUFFER("errmsg", text), STRING("name", "one"), FLAG("persist")), JAIL_UPDATE), 1, "success");
        tap_text(text, "new jail", "leaves errmsg alone");
}

static void updates(void)
{
        char host[64] = "";
        int jid = 999, seven = 7;

        tap_number(jail_set(LIST(STRING("name", "one"), STRING("host.hostname", "changed"), FLAG("allow.mlock")), JAIL_UPDATE), 1,
                   "a change by name");
        jid = 1;
        tap_number(jail_set(LIST(VARIABLE("jid", jid), FLAG("allow.noraw_sockets")), JAIL_UPDATE), 1, "a change by jid");
        tap_number(jail_get(LIST(VARIABLE("jid", jid), BUFFER("host.hostname", host)), 0), 1, "is read by jid");
        tap_text(host, "changed", "and has come about");
        jid = 999;
        tap_fails(jail_set(LIST(VARIABLE("jid", jid)), JAIL_UPDATE), ENOENT, "jail 999 not found", "no such jid");
        tap_fails(jail_set(LIST(STRING("name", "none")), JAIL_UPDATE), ENOENT, "jail \"none\" not found", "no such name");
        tap_fails(jail_set(LIST(FLAG("persist")), JAIL_UPDATE), ENOENT, "update specified no jail", "neither jid nor name");
        tap_fails(jail_set(LIST(STRING("name", "one"), STRING("path", "/tmp")), JAIL_UPDATE), EINVAL,
                  "path cannot be changed after creation", "a parameter of creation");
        tap_fails(jail_set(LIST(STRING("name", "one"), VARIABLE("children.max", seven)), JAIL_UPDATE), EINVAL,
                  "children.max cannot be changed after creation", "another one");
}

static void reads(void)
{
        char name[64], path[4] = "", host[64], small[3];
        int jid = 0, persist = -1, nopersist = -1, vnet = -1, parent = -1, dying = -1, current = -1;
        unsigned long id = 5, memory = 5;
        struct iovec sizes[] = { STRING("name", "one"), { (char *)"host.hostname", 14 }, { NULL, 0 }, { (char *)"persist", 8 }, { NULL, 0 } };
        struct iovec lengths[] = { STRING("name", "one"), BUFFER("host.hostname", host) };

        tap_number(jail_get(LIST(STRING("name", "one"), VARIABLE("jid", jid), BUFFER("path", path), VARIABLE("persist", persist),
                                 VARIABLE("nopersist", nopersist), VARIABLE("vnet", vnet), VARIABLE("host.hostid", id),
                                 VARIABLE("rctl.memoryuse", memory), VARIABLE("parent", parent), VARIABLE("dying", dying),
                                 VARIABLE("children.cur", current)), 0), 1, "many parameters at once");
        tap_number(jid, 1, "jid");
        tap_text(path, "/", "path");
        tap(persist == 1 && nopersist == 0, "a boolean under both of its names");
        tap_number(vnet, JAIL_SYS_INHERIT, "vnet");
        tap_number((long)id, 0, "host.hostid");
        tap(memory == ~0ul, "an amount without limit");
        tap(parent == 0 && dying == 0 && current == 0, "parent, dying, children.cur");
        jid = 1;
        tap_number(jail_get(LIST(VARIABLE("jid", jid), BUFFER("name", name)), 0), 1, "with jid as the key name is read");
        tap_text(name, "one", "name");
        tap_number(jail_get(sizes, 6, 0), 1, "without buffers");
        tap(sizes[3].iov_len == 8 && sizes[5].iov_len == sizeof(int), "the lengths are told");
        tap_number(jail_get(lengths, 4, 0), 1, "with a buffer");
        tap_number((long)lengths[3].iov_len, 8, "the length is that of the value");

        tap_fails(jail_get(LIST(STRING("name", "one"), BUFFER("host.hostname", small)), 0), EINVAL,
                  "host.hostname: a buffer of 3 bytes, not 8", "a buffer that is too small");
        tap_fails(jail_get(LIST(STRING("name", "one"), BYTES("persist", &persist, 2)), 0), EINVAL,
                  "persist: a buffer of 2 bytes, not 4", "a number's buffer that is too small");
        tap_fails(jail_get(LIST(STRING("name", "one"), BUFFER("colour", host)), 0), EINVAL, "unknown parameter: colour",
                  "an unknown parameter");
        tap_fails(jail_get(LIST(STRING("name", "one"), BUFFER("exec.start", host)), 0), EINVAL, "unknown parameter: exec.start",
                  "one of jail(8)'s own");
        tap_fails(jail_get(LIST(BUFFER("path", path)), 0), ENOENT, "no jail specified", "no key");
        tap_fails(jail_get(LIST(STRING("name", "one")), JAIL_CREATE), EINVAL, "unknown flags 0x1", "a flag of jail_set()'s");
        tap_fails(jail_get(LIST(STRING("name", "../index")), 0), ENOENT, "jail \"../index\" not found", "a name that leads elsewhere");
}

static void iterates(void)
{
        int last = 0, jid, n = 0, sum = 0, jids[] = { 40, 20, 30 };

        for (int i = 0; i < 3; i++)
                jail_set(LIST(VARIABLE("jid", jids[i]), FLAG("persist")), JAIL_CREATE);
        while ((jid = jail_get(LIST(VARIABLE("lastjid", last)), 0)) > 0) {
                n += jid > last;
                sum += jid;
                last = jid;
        }
        tap_fails(jid, ENOENT, "no jail after 40", "lastjid: the end");
        tap(n == 4 && sum == 91, "lastjid: all jails in the order of their jids");
        for (int i = 0; i < 3; i++)
                tap_number(jail_remove(jids[i]), 0, "removed");
}

static void names(void)
{
        char *name = jail_getname(1);

        tap_text(name, "one", "jail_getname");
        free(name);
        name = jail_getname(999);
        tap_fails(name ? 0 : -1, ENOENT, "jail 999 not found", "jail_getname of none");
        tap_number(jail_getid("one"), 1, "jail_getid of a name");
        tap_number(jail_getid("1"), 1, "jail_getid of a number");
        tap_number(jail_getid("0"), 0, "jail_getid of the host");
        tap_fails(jail_getid("none"), ENOENT, "jail \"none\" not found", "jail_getid of none");
        tap_fails(jail_getid("999"), ENOENT, "jail 999 not found", "jail_getid of no number");
        tap_fails(jail_getid(""), ENOENT, "jail \"\" not found", "jail_getid of nothing");
}

static void unprivileged(void)
{
        int before = geteuid(), r;

        if (seteuid(65534) < 0)
                abort();
        r = MAKE("a");
        tap_fails(r, EPERM, "jail_set: Operation not permitted", "jail_set by a user");
        tap_fails(get_jid("one"), EPERM, "jail_get: Operation not permitted", "jail_get by a user");
        tap_fails(jail_remove(1), EPERM, "jail_remove: Operation not permitted", "jail_remove by a user");
        tap_fails(jail_attach(1), EPERM, "jail_attach: Operation not permitted", "jail_attach by a user");
        if (seteuid(before) < 0)
                abort();
}

int main(void)
{
        int before = open_descriptors();

        creates();
        refuses();
        updates();
        reads();
        iterates();
        names();
        unprivileged();
        tap_fails(jail_remove(999), EINVAL, "jail 999 not found", "jail_remove of none");
        tap_fails(jail_attach(999), EINVAL, "jail 999 not found", "jail_attach to none");
        tap_number(jail_remove(1), 0, "jail_remove");
        tap_fails(get_jid("one"), ENOENT, "jail \"one\" not found", "then it is gone");
        tap_number(open_descriptors(), before, "no descriptor is left open");
        return tap_done();
}
