/* libjail: jail_setv(), jail_getv() and the records of jailparam(3). */
#include <errno.h>
#include <stdlib.h>

#include "lib.h"

static void by_text(void)
{
        char host[64] = "", jid[16] = "0", name[64] = "", persist[16] = "", vnet[16] = "", lastjid[16] = "0";

        tap_number(jail_setv(JAIL_CREATE, "name", "v", "host.hostname", "h1", "persist", NULL, "allow.raw_sockets", "true", NULL), 1,
                   "jail_setv makes a jail");
        tap_number(jail_getv(0, "name", "v", "host.hostname", host, "jid", jid, "persist", persist, "vnet", vnet, NULL), 1,
                   "jail_getv reads it by name");
        tap_text(host, "h1", "a string");
        tap_text(jid, "1", "a number");
        tap_text(persist, "true", "a boolean");
        tap_text(vnet, "inherit", "a jailsys");
        tap_number(jail_getv(0, "jid", jid, "name", name, NULL), 1, "by jid");
        tap_text(name, "v", "then the name is read");
        name[0] = '\0';
        tap_number(jail_getv(0, "lastjid", lastjid, "name", name, NULL), 1, "by lastjid");
        tap_text(name, "v", "then too");
        tap_number(jail_setv(JAIL_UPDATE, "name", "v", "host.hostname", "h2", "allow.raw_sockets", "false", NULL), 1, "a change");
        tap_number(jail_getv(0, "name", "v", "host.hostname", host, "allow.raw_sockets", persist, NULL), 1, "is read");
        tap_text(host, "h2", "a string again");
        tap_text(persist, "false", "a boolean that was taken back");

        tap_fails(jail_setv(JAIL_CREATE, "name", "w", "colour", "red", NULL), ENOENT, "unknown parameter: colour", "an unknown one");
        tap_fails(jail_setv(JAIL_CREATE, "name", "w", "persist", "maybe", NULL), EINVAL,
                  "persist: unknown boolean value \"maybe\"", "no boolean");
        tap_fails(jail_setv(JAIL_CREATE, "name", "w", "vnet", "old", NULL), EINVAL, "vnet: unknown jailsys value \"old\"", "no jailsys");
        tap_fails(jail_setv(JAIL_CREATE, "name", "w", "children.max", "x", NULL), EINVAL,
                  "children.max: non-integer value \"x\"", "no number");
        tap_fails(jail_setv(JAIL_CREATE, "name", "v", "persist", NULL, NULL), EEXIST, "jail \"v\" already exists", "a name in use");
        tap_fails(jail_getv(0, "name", "w", "host.hostname", host, NULL), ENOENT, "jail \"w\" not found", "none of the name");
        tap_fails(jail_getv(0, "host.hostname", host, NULL), ENOENT, "no jail specified", "no key");
}

static void records(void)
{
        struct jailparam jp[4];
        int raw = -1;
        char *text;

        tap_fails(jailparam_init(&jp[0], "colour"), ENOENT, "unknown parameter: colour", "jailparam_init of an unknown one");
        tap_fails(jailparam_init(&jp[0], "exec.start"), ENOENT, "unknown parameter: exec.start", "of one of jail(8)'s own");
        tap_number(jailparam_init(&jp[0], "name"), 0, "jailparam_init");
        tap(jp[0].jp_ctltype == JP_STRING && !jp[0].jp_elemlen && !jp[0].jp_value, "of a string");
        tap_number(jailparam_init(&jp[1], "allow.nomlock"), 0, "of a boolean under its other name");
        tap(jp[1].jp_flags == JP_NOBOOL && jp[1].jp_ctltype == JP_INT, "is known to be one");
        tap_number(jailparam_init(&jp[2], "vnet"), 0, "of a jailsys");
        tap(jp[2].jp_flags == JP_JAILSYS, "is known to be one");
        tap_number(jailparam_init(&jp[3], "children.max"), 0, "of a number");
        tap_number(jailparam_import(&jp[0], "v"), 0, "jailparam_import of a name");
        tap_number(jailparam_import_raw(&jp[3], &raw, sizeof raw), 0, "jailparam_import_raw");
        tap_number(jailparam_get(jp, 4, 0), 1, "jailparam_get");
        tap_number(raw, 0, "the raw value is read into the caller's variable");
        text = jailparam_export(&jp[1]);
        tap_text(text, "true", "allow.nomlock is true");
        free(text);
        text = jailparam_export(&jp[2]);
        tap_text(text, "inherit", "vnet is inherit");
        free(text);
        jailparam_free(jp, 4);

        jailparam_init(&jp[0], "name");
        jailparam_init(&jp[1], "allow.nomlock");
        tap_number(jailparam_import(&jp[0], "v"), 0, "name again");
        tap_number(jailparam_import(&jp[1], "false"), 0, "a negation that is false");
        tap_number(jailparam_set(jp, 2, JAIL_UPDATE), 1, "jailparam_set");
        jailparam_free(jp, 2);
        jailparam_init(&jp[0], "name");
        jailparam_init(&jp[1], "allow.mlock");
        jailparam_import(&jp[0], "v");
        tap_number(jailparam_get(jp, 2, 0), 1, "is read");
        text = jailparam_export(&jp[1]);
        tap_text(text, "true", "means true");
        free(text);
        tap_number(jailparam_import(&jp[0], "w"), 0, "a second value takes the place of the first");
        tap_fails(jailparam_get(jp, 2, 0), ENOENT, "jail \"w\" not found", "none of the name");
        jailparam_free(jp, 2);
        jailparam_init(&jp[0], "path");
        tap_fails(jailparam_get(jp, 1, 0), ENOENT, "no jail specified", "no key");
        text = jailparam_export(&jp[0]);
        tap_text(text, "", "no value is an empty text");
        free(text);
        jailparam_free(jp, 1);
}

/* Every parameter that can be read is, at once, and comes out as text; those that can be set take that text. */
static void all(void)
{
        struct jailparam *all = NULL;
        int n = jailparam_all(&all), empty = 0, refused = 0;

        tap(n > 50, "jailparam_all");
        for (int i = 0; i < n; i++)
                if (strcmp(all[i].jp_name, "name") == 0)
                        jailparam_import(&all[i], "v");
        tap_number(jailparam_get(all, (unsigned)n, 0), 1, "all are read at once");
        for (int i = 0; i < n; i++) {
                char *text = jailparam_export(&all[i]);
                struct jailparam again;

                empty += !text || (!*text && all[i].jp_ctltype != JP_STRING && all[i].jp_ctltype != JP_STRUCT);
                jailparam_init(&again, all[i].jp_name);
                refused += jailparam_import(&again, text) < 0;
                jailparam_free(&again, 1);
                free(text);
        }
        tap_number(empty, 0, "and have a text");
        tap_number(refused, 0, "that can be read back");
        jailparam_free(all, (unsigned)n);
        free(all);
}

static void lists(void)
{
        struct jailparam jp[2];
        char *text;

        tap_number(jail_setv(JAIL_CREATE, "name", "net", "persist", NULL, "vnet", NULL, "vnet.ip4.addr", "lo|192.0.2.1/32,lo|192.0.2.2/32",
                             NULL), 2, "a list by text");
        jailparam_init(&jp[0], "name");
        jailparam_init(&jp[1], "vnet.ip4.addr");
        jailparam_import(&jp[0], "net");
        tap_number(jailparam_get(jp, 2, 0), 2, "is read");
        tap(jp[1].jp_ctltype == JP_STRUCT && jp[1].jp_structtype == JPS_STRINGS, "is known to be strings");
        tap_number((long)jp[1].jp_valuelen, 32, "one behind another");
        text = jailparam_export(&jp[1]);
        tap_text(text, "lo|192.0.2.1/32,lo|192.0.2.2/32", "and text with commas again");
        free(text);
        jailparam_free(jp, 2);
        tap_number(jail_remove(2), 0, "removed");
}

int main(void)
{
        int before = open_descriptors();

        by_text();
        records();
        all();
        lists();
        tap_number(jail_remove(1), 0, "removed");
        tap_number(open_descriptors(), before, "no descriptor is left open");
        return tap_done();
}
