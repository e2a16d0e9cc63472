#include "conf/params.h"

#include <errno.h>

#include "spec/spec.h"

/*
 * What substitution may make for one jail. Ten lines in which each variable is ten times the one before would
 * otherwise fill any memory; a command line the kernel accepts is half of this.
 */
#define ROOM_MAX (256u << 10)
#define VALUE_COST 32

void params_start(struct params *ps, const char *jail, struct diag *diag)
{
        for (size_t i = 0; i < ps->n; i++) {
                ps->table[ps->slots[i].cell] = 0;
                strv_free(&ps->slots[i].expanded);
        }
        ps->n = 0;
        ps->jail = jail;
        ps->diag = diag;
        ps->room = ROOM_MAX;
}

void params_finish(struct params *ps)
{
        for (size_t i = 0; i < ps->n; i++)
                strv_free(&ps->slots[i].expanded);
        for (size_t i = 0; i < ps->size; i++)
                free(ps->slots[i].values);
        free(ps->slots);
        free(ps->table);
        *ps = (struct params){0};
}

static struct slot *find(const struct params *ps, bool var, const struct key *key)
{
        if (ps->table_size == 0)
                return NULL;
        for (size_t i = key->hash & (ps->table_size - 1); ps->table[i]; i = (i + 1) & (ps->table_size - 1)) {
                struct slot *s = &ps->slots[ps->table[i] - 1];

                if (s->var == var && key_eq(&s->key, key))
                        return s;
        }
        return NULL;
}

static void enter(struct params *ps, size_t index)
{
        size_t i = ps->slots[index].key.hash & (ps->table_size - 1);

        while (ps->table[i])
                i = (i + 1) & (ps->table_size - 1);
        ps->table[i] = (uint32_t)(index + 1);
        ps->slots[index].cell = i;
}

/* Makes room for one slot more, with the table at most half full. */
static int grow(struct params *ps)
{
        size_t size = ps->size ? ps->size * 2 : 64;
        struct slot *slots;
        uint32_t *table;

        if (ps->n < ps->size)
                return 0;
        slots = reallocarray(ps->slots, size, sizeof *slots);
        if (!slots)
                return -ENOMEM;
        ps->slots = slots;
        table = calloc(size * 2, sizeof *table);
        if (!table)
                return -ENOMEM;
        memset(slots + ps->size, 0, (size - ps->size) * sizeof *slots);
        free(ps->table);
        ps->table = table;
        ps->table_size = size * 2;
        ps->size = size;
        for (size_t i = 0; i < ps->n; i++)
                enter(ps, i);
        return 0;
}

static struct slot *add(struct params *ps, const char *name, bool var, const struct key *key)
{
        struct slot *s;

        if (grow(ps) < 0)
                return NULL;
        s = &ps->slots[ps->n];
        /* The array of values stays from the jail before. */
        *s = (struct slot){ .name = name, .key = *key, .var = var, .values = s->values, .size = s->size };
        enter(ps, ps->n++);
        return s;
}

static int add_value(struct slot *s, const struct value *v)
{
        if (s->n == s->size) {
                size_t size = s->size ? s->size * 2 : 4;
                const struct value **values = reallocarray(s->values, size, sizeof *values);

                if (!values)
                        return -ENOMEM;
                s->values = values;
                s->size = size;
        }
        s->values[s->n++] = v;
        s->has_refs |= v->pieces != NULL;
        return 0;
}

/*
 * A variable may be named neither like a parameter of the table nor like one this jail has: "$x" could be
 * either.
 */
static bool clashes(const struct params *ps, struct stmt *s)
{
        struct key key = s->var ? key_of(s->name) : key_exact(s->name);
        const struct slot *other = find(ps, !s->var, &key);

        if (s->var && !s->checked) {
                const struct param *p = param_find(s->name, NULL);

                s->checked = true;
                s->known = p && !(p->flags & P_LINUX);
        }
        return s->known || (other && str_eq(other->name, s->name));
}

int params_assign(struct params *ps, struct stmt *s)
{
        struct key key = s->var ? key_exact(s->name) : key_of(s->name);
        struct slot *slot = find(ps, s->var, &key);

        if (clashes(ps, s)) {
                diag_say(ps->diag, "%s: variable \"$%s\" cannot have the same name as a parameter.", ps->jail,
                         s->name);
                return 1;
        }
        if (slot && !s->var && (key_is(&key, "name") || key_is(&key, "jid"))) {
                diag_say(ps->diag, "%s: cannot redefine parameter \"%s\".", ps->jail, slot->name);
                return 1;
        }
        if (!slot)
                slot = add(ps, s->name, s->var, &key);
        if (!slot)
                return -ENOMEM;
        slot->name = s->name;
        if (!s->append) {
                slot->n = 0;
                slot->has_refs = false;
        }
        for (const struct value *v = s->values; v; v = v->next)
                if (add_value(slot, v) < 0)
                        return -ENOMEM;
        return 0;
}

bool params_has(const struct params *ps, const char *name)
{
        struct key key = key_of(name);

        return find(ps, false, &key);
}

size_t slot_count(const struct slot *s)
{
        return s->has_refs ? s->expanded.n : s->n;
}

const char *slot_value(const struct slot *s, size_t i)
{
        return s->has_refs ? s->expanded.v[i] : s->values[i]->text;
}

/* A value is found by its name exactly as spelled: "$nopersist" does not find "persist". */
static struct slot *source_of(const struct params *ps, const struct piece *ref)
{
        struct key key = key_exact(ref->text);
        struct slot *s = find(ps, true, &key);

        if (s)
                return s;
        key = key_of(ref->text);
        s = find(ps, false, &key);
        return s && str_eq(s->name, ref->text) ? s : NULL;
}

/* Everything that waits for a bad slot is bad, and says nothing more about it. */
static void spoil(struct slot *s)
{
        for (; s && !s->bad; s = s->waiting)
                s->bad = true;
}

/* The reference a slot has come to, NULL behind the last. */
static const struct piece *current_ref(struct slot *s)
{
        for (; s->at_value < s->n; s->at_value++) {
                const struct value *v = s->values[s->at_value];

                if (!s->at_piece)
                        s->at_piece = v->pieces;
                while (s->at_piece && !s->at_piece->ref)
                        s->at_piece = s->at_piece->next;
                if (s->at_piece)
                        return s->at_piece;
        }
        return NULL;
}

static void next_ref(struct slot *s)
{
        s->at_piece = s->at_piece->next;
        if (!s->at_piece)
                s->at_value++;
}

/* Reports what is wrong with using source for the current reference of s. Returns 1 if anything is. */
static int check_source(struct params *ps, struct slot *s, const struct piece *ref, const struct slot *source)
{
        if (!source || source->n == 0)
                diag_say(ps->diag, "%s: %s: variable \"%s\" not found", ps->jail, s->name, ref->text);
        else if (source->bad)
                ;       /* has been reported where it went bad */
        else if (source->state == SLOT_OPEN)
                diag_say(ps->diag, "%s: %s: variable loop", ps->jail, ref->text);
        else if (slot_count(source) > 1 && (ref->next || ref != s->values[s->at_value]->pieces))
                diag_say(ps->diag, "%s: %s: array cannot be substituted inline", ps->jail, s->name);
        else
                return 0;
        spoil(s);
        return 1;
}

/* Accounts for one value. Returns 1, and has said so, when that makes too many. */
static int take_room(struct params *ps, struct slot *s, size_t len)
{
        if (len <= ps->room && VALUE_COST <= ps->room - len) {
                ps->room -= len + VALUE_COST;
                return 0;
        }
        diag_say(ps->diag, "%s: %s: substituted values too long", ps->jail, s->name);
        spoil(s);
        return 1;
}

/* A value that is more than one reference; every source is known to be good and a single value. */
static int expand_inline(struct params *ps, struct slot *s, const struct value *v)
{
        size_t len = 0;
        char *text, *p;
        int r;

        for (const struct piece *piece = v->pieces; piece; piece = piece->next)
                len += piece->ref ? strlen(slot_value(source_of(ps, piece), 0)) : piece->len;
        r = take_room(ps, s, len);
        if (r != 0)
                return r;
        p = text = malloc(len + 1);
        if (!text)
                return -ENOMEM;
        for (const struct piece *piece = v->pieces; piece; piece = piece->next)
                p = stpcpy(p, piece->ref ? slot_value(source_of(ps, piece), 0) : piece->text);
        return strv_give(&s->expanded, text);
}

static int expand_one(struct params *ps, struct slot *s, const char *text)
{
        int r = take_room(ps, s, strlen(text));

        return r != 0 ? r : strv_push(&s->expanded, text);
}

/* All references have been checked: makes the final values. Returns 1 when that was reported to be too much. */
static int expand(struct params *ps, struct slot *s)
{
        int r = 0;

        for (size_t i = 0; i < s->n && r == 0; i++) {
                const struct value *v = s->values[i];

                if (!v->pieces) {
                        r = expand_one(ps, s, v->text);
                } else if (v->pieces->next) {
                        r = expand_inline(ps, s, v);
                } else {
                        const struct slot *source = source_of(ps, v->pieces);

                        for (size_t k = 0; k < slot_count(source) && r == 0; k++)
                                r = expand_one(ps, s, slot_value(source, k));
                }
        }
        return r;
}

static void open_slot(struct slot *s, struct slot *waiting)
{
        s->state = SLOT_OPEN;
        s->waiting = waiting;
        s->at_value = 0;
        s->at_piece = NULL;
}

/*
 * Brings one slot to its final values, and first those it is made of. A walk through the graph of references
 * without recursion: the chain of slots that wait is the stack, so that no file can make it overflow.
 */
static int settle(struct params *ps, struct slot *s)
{
        int said = 0;

        open_slot(s, NULL);
        while (s) {
                const struct piece *ref = current_ref(s);
                struct slot *source;

                if (!ref) {
                        int r = s->has_refs && !s->bad ? expand(ps, s) : 0;

                        if (r < 0)
                                return r;
                        said |= r;
                        s->state = SLOT_DONE;
                        s = s->waiting;
                        continue;
                }
                source = source_of(ps, ref);
                if (source && source->n > 0 && source->state == SLOT_NEW) {
                        /* The reference stays current: it is looked at again when its source is done. */
                        open_slot(source, s);
                        s = source;
                        continue;
                }
                said |= check_source(ps, s, ref, source);
                next_ref(s);
        }
        return said;
}

int params_substitute(struct params *ps)
{
        int said = 0;

        for (size_t i = 0; i < ps->n; i++)
                if (ps->slots[i].state == SLOT_NEW) {
                        int r = settle(ps, &ps->slots[i]);

                        if (r < 0)
                                return r;
                        said |= r;
                }
        return said;
}
