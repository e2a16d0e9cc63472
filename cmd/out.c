#include "out.h"

#include <stddef.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"      /* U+FFFD, for what a format cannot hold */

void out_init(struct out *o, FILE *f)
{
        *o = (struct out){ .f = f, .style = OUT_TEXT };
}

bool out_is_shown(const struct out *o)
{
        return o->style == OUT_TEXT || o->style == OUT_HTML;
}

const char *out_set_options(struct out *o, const char *words)
{
        static const char *const styles[] = { [OUT_TEXT] = "text", [OUT_HTML] = "html",
                                              [OUT_XML] = "xml", [OUT_JSON] = "json" };

        for (;;) {
                size_t len = strcspn(words, ",");
                bool known = len == 6 && memcmp(words, "pretty", len) == 0;

                if (known)
                        o->pretty = true;
                for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
                        if (strlen(styles[i]) == len && memcmp(words, styles[i], len) == 0) {
                                o->style = (enum out_style)i;
                                known = true;
                        }
                if (!known)
                        return words;
                if (!words[len])
                        return NULL;
                words += len + 1;
        }
}

/* --------------------------------------------------------------- escaping */

/* How many bytes the UTF-8 character at s has; 0: it is none. Overlong forms and surrogates are none. */
static size_t utf8_length(const char *s)
{
        const unsigned char *u = (const unsigned char *)s;
        size_t len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;

        for (size_t i = 1; i < len; i++)
                if ((u[i] & 0xc0) != 0x80)
                        return 0;
        if (len < 3)
                return len;
        if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
            (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
                return 0;
        return len;
}

/* What stands for a character of JSON that may not be itself; NULL: it is itself. */
static const char *escape_json(unsigned char c, char room[static 8])
{
        switch (c) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\b': return "\\b";
        case '\f': return "\\f";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        }
        if (c >= 0x20)
                return NULL;
        snprintf(room, 8, "\\u%04x", c);
        return room;
}

/* The same of XML, which has no way at all to write most control characters. */
static const char *escape_xml(unsigned char c)
{
        switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '\r': return "&#13;";
        case '\t':
        case '\n': return NULL;
        }
        return c < 0x20 ? REPLACEMENT : NULL;
}

static const char *escape(const struct out *o, const char *at, size_t len, char room[static 8])
{
        if (len == 0)
                return REPLACEMENT;
        if (len > 1)    /* U+FFFE and U+FFFF are the two that XML has not */
                return o->style != OUT_JSON && len == 3 && memcmp(at, "\xef\xbf", 2) == 0 &&
                       (unsigned char)at[2] >= 0xbe ? REPLACEMENT : NULL;
        return o->style == OUT_JSON ? escape_json((unsigned char)*at, room) : escape_xml((unsigned char)*at);
}

static void put(struct out *o, const char *s)
{
        fputs(s, o->f);
}

/* For all formats but text. Writes what is as it is in one go: nearly always that is all of it. */
static void put_escaped(struct out *o, const char *s)
{
        const char *begin = s;
        char room[8];

        while (*s) {
                size_t len = utf8_length(s);
                const char *instead = escape(o, s, len, room);

                if (instead) {
                        fwrite(begin, 1, (size_t)(s - begin), o->f);
                        put(o, instead);
                }
                s += len ? len : 1;
                if (instead)
                        begin = s;
        }
        fwrite(begin, 1, (size_t)(s - begin), o->f);
}

/* -------------------------------------------------------------- structure */

static void indent(struct out *o)
{
        if (o->pretty)
                fprintf(o->f, "%*s", (int)(2 * o->depth), "");
}

static void end_pretty_line(struct out *o)
{
        if (o->pretty)
                put(o, "\n");
}

/* JSON: what parts the next thing from the one before it. */
static void separate(struct out *o, const char *comma)
{
        if (!o->empty)
                put(o, o->pretty ? ",\n" : comma);
        o->empty = false;
}

static void open_json(struct out *o, const char *name, const char *bracket)
{
        indent(o);
        if (name) {
                put(o, "\"");
                put_escaped(o, name);
                put(o, "\": ");
        }
        put(o, bracket);
        end_pretty_line(o);
        o->depth++;
        o->empty = true;
}

static void close_json(struct out *o, const char *bracket)
{
        if (!o->empty)
                end_pretty_line(o);
        o->depth--;
        indent(o);
        put(o, bracket);
        o->empty = false;
}

static void open_xml(struct out *o, const char *name, const char *version)
{
        indent(o);
        fprintf(o->f, "<%s", name);
        if (version)
                fprintf(o->f, " version=\"%s\"", version);
        put(o, ">");
        end_pretty_line(o);
        o->depth++;
}

static void close_xml(struct out *o, const char *name)
{
        o->depth--;
        indent(o);
        fprintf(o->f, "</%s>", name);
        end_pretty_line(o);
}

void out_begin(struct out *o, const char *container, const char *list, const char *version)
{
        if (o->style == OUT_XML)
                open_xml(o, container, version);
        if (o->style != OUT_JSON)
                return;
        open_json(o, NULL, "{");
        indent(o);
        fprintf(o->f, "\"__version\": \"%s\", ", version);      /* libxo's blank, even at the end of a line */
        end_pretty_line(o);
        open_json(o, container, "{");
        open_json(o, list, "[");
}

void out_end(struct out *o, const char *container)
{
        switch (o->style) {
        case OUT_TEXT:
                break;
        case OUT_HTML:
                if (!o->pretty)
                        put(o, "\n");
                break;
        case OUT_XML:
                close_xml(o, container);
                if (!o->pretty)
                        put(o, "\n");
                break;
        case OUT_JSON:
                close_json(o, "]");
                close_json(o, "}");
                close_json(o, "}\n");
                break;
        }
}

void out_begin_item(struct out *o, const char *name)
{
        if (o->style == OUT_XML)
                open_xml(o, name, NULL);
        if (o->style == OUT_JSON) {
                separate(o, ", ");
                open_json(o, NULL, "{");
        }
}

void out_end_item(struct out *o, const char *name)
{
        if (o->style == OUT_XML)
                close_xml(o, name);
        if (o->style == OUT_JSON)
                close_json(o, "}");
}

/* ----------------------------------------------------------------- values */

/* html: a piece of a line. */
static void put_div(struct out *o, const char *class, const char *tag, const char *text)
{
        if (!o->in_line) {
                put(o, "<div class=\"line\">");
                end_pretty_line(o);
                o->in_line = true;
        }
        if (o->pretty)
                put(o, "  ");
        fprintf(o->f, "<div class=\"%s", class);
        if (tag) {
                put(o, "\" data-tag=\"");
                put_escaped(o, tag);
        }
        put(o, "\">");
        put_escaped(o, text);
        put(o, "</div>");
        end_pretty_line(o);
}

void out_value(struct out *o, const char *name, const char *value, const char *shown, enum out_kind kind)
{
        switch (o->style) {
        case OUT_TEXT:
                put(o, shown);
                break;
        case OUT_HTML:
                put_div(o, "data", name, shown);
                break;
        case OUT_XML:
                indent(o);
                fprintf(o->f, "<%s>", name);
                put_escaped(o, value);
                fprintf(o->f, "</%s>", name);
                end_pretty_line(o);
                break;
        case OUT_JSON:
                separate(o, ",");
                indent(o);
                put(o, "\"");
                put_escaped(o, name);
                put(o, o->pretty ? "\": " : "\":");
                put(o, kind == OUT_STRING ? "\"" : "");
                put_escaped(o, value);
                put(o, kind == OUT_STRING ? "\"" : "");
                break;
        }
}

/*
 * Control characters would move the cursor, or more, on the terminal of whoever lists the jails, and a host name may
 * be the jail's own choice. The C1 controls are two bytes in UTF-8 and one elsewhere.
 */
static bool is_printable(const char *at, size_t len)
{
        unsigned char c = (unsigned char)at[0];

        if (len == 1)
                return c >= 0x20 && c != 0x7f;
        return len > 1 && !(c == 0xc2 && (unsigned char)at[1] < 0xa0);
}

void out_cell(struct out *o, const char *name, const char *value, unsigned width, unsigned max)
{
        char cell[1280];        /* a name has 255 bytes, any other column at most 74 characters */
        size_t used = 0;
        unsigned columns = 0;

        for (const char *s = value; *s && used + 4 < sizeof cell && (max == 0 || columns < max); columns++) {
                size_t len = utf8_length(s);

                if (is_printable(s, len)) {
                        memcpy(cell + used, s, len);
                        used += len;
                } else {
                        cell[used++] = '?';
                }
                s += len ? len : 1;
        }
        for (; columns < width && used + 1 < sizeof cell; columns++)
                cell[used++] = ' ';
        cell[used] = '\0';
        out_value(o, name, value, cell, OUT_STRING);
}

void out_begin_list(struct out *o, const char *name)
{
        if (o->style != OUT_JSON)
                return;
        separate(o, ", ");
        open_json(o, name, "[");
}

void out_element(struct out *o, const char *element, const char *value)
{
        if (o->style != OUT_JSON) {
                out_value(o, element, value, value, OUT_STRING);
                return;
        }
        separate(o, ",");
        indent(o);
        put(o, "\"");
        put_escaped(o, value);
        put(o, "\"");
}

void out_end_list(struct out *o)
{
        if (o->style == OUT_JSON)
                close_json(o, "]");
}

/* --------------------------------------------------------------- not data */

static void put_shown(struct out *o, const char *class, const char *text)
{
        if (o->style == OUT_TEXT)
                put(o, text);
        if (o->style == OUT_HTML)
                put_div(o, class, NULL, text);
}

void out_title(struct out *o, const char *text)
{
        put_shown(o, "title", text);
}

void out_label(struct out *o, const char *text)
{
        put_shown(o, "label", text);
}

void out_padding(struct out *o, const char *text)
{
        put_shown(o, "padding", text);
}

void out_mark(struct out *o, const char *text)
{
        put_shown(o, "decoration", text);
}

void out_newline(struct out *o)
{
        if (o->style == OUT_TEXT)
                put(o, "\n");
        if (o->style != OUT_HTML)
                return;
        if (!o->in_line)        /* an empty line is one too */
                put(o, o->pretty ? "<div class=\"line\">\n" : "<div class=\"line\">");
        put(o, "</div>");
        end_pretty_line(o);
        o->in_line = false;
}
