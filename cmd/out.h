/*
 * Writes a list of things once, as a table for people or as data for programs,
 * in the formats of FreeBSD's libxo(3). Titles, padding and the like are for
 * people (text and html); names of elements are for programs (json and xml).
 *
 * Nothing is buffered here and no error is returned: ask ferror(3) of the stream.
 * The writer is quick as long as the stream is fully buffered.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stdio.h>

enum out_style { OUT_TEXT, OUT_HTML, OUT_XML, OUT_JSON };

/* What a value is in JSON: a string, or a number or boolean that goes without quotes. */
enum out_kind { OUT_STRING, OUT_BARE };

struct out {
        FILE *f;
        enum out_style style;
        bool pretty;
        unsigned depth;         /* of brackets and elements that are open */
        bool empty;             /* nothing was written in the innermost one */
        bool in_line;           /* html: a line is open */
};

void out_init(struct out *o, FILE *f);

/* Takes the value of --libxo, words parted by commas. Returns NULL, or the word that is unknown; its end is a comma. */
const char *out_set_options(struct out *o, const char *words);

/* For people, or not: only then titles and padding are seen, and a value's shape rather than the value. */
bool out_is_shown(const struct out *o);

/* Around everything: one container with one list. */
void out_begin(struct out *o, const char *container, const char *list, const char *version);
void out_end(struct out *o, const char *container);

/* Around each thing in the list. name: of the list, too. */
void out_begin_item(struct out *o, const char *name);
void out_end_item(struct out *o, const char *name);

/* A value of the thing: its name, itself, and how people shall see it. */
void out_value(struct out *o, const char *name, const char *value, const char *shown, enum out_kind kind);

/* A value as a column of the table: shown in width columns (0: as many as it has), cut after max (0: not at all). */
void out_cell(struct out *o, const char *name, const char *value, unsigned width, unsigned max);

/* Several values of one name. element: what an element of the list is called where lists have no name themselves. */
void out_begin_list(struct out *o, const char *name);
void out_element(struct out *o, const char *element, const char *value);
void out_end_list(struct out *o);

/* Not data: a heading, the name of the value that follows, blanks, marks, the end of a line. */
void out_title(struct out *o, const char *text);
void out_label(struct out *o, const char *text);
void out_padding(struct out *o, const char *text);
void out_mark(struct out *o, const char *text);
void out_newline(struct out *o);

#endif
