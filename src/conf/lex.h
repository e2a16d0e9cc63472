/*
 * jail.conf's lexical rules: cuts a text into pieces. Strings come without
 * quotes and escapes, a string with variables in it as several pieces that
 * touch; putting those together again is the parser's work.
 */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include "base/str.h"
#include "conf/diag.h"

enum tok {
        TOK_EOF,
        TOK_STR,                /* a piece of a string */
        TOK_VAR,                /* $name or ${name} */
        TOK_APPEND,             /* += */
        TOK_EQUAL, TOK_COMMA, TOK_SEMICOLON, TOK_OPEN, TOK_CLOSE,
        TOK_BAD,                /* a byte outside the grammar, or a string with a NUL in it */
};

struct token {
        enum tok type;
        bool joined;            /* TOK_STR, TOK_VAR: touches the piece before it, the same string goes on */
        /* TOK_STR: the text; TOK_VAR: the name. Not terminated, good until the next token. */
        const char *s;
        size_t len;
        const char *raw;        /* as it stands in the file, for messages */
        size_t raw_len;
};

struct lex {
        const char *file;       /* as messages call it */
        const char *at, *end;
        unsigned long line;     /* of at: behind a token, the line on which the token ended */
        bool joining;           /* nothing has come between the last piece and at */
        bool in_dquote;         /* at is inside "...", behind its first piece */
        struct strbuf text;     /* of a piece with escapes */
        struct diag *diag;
};

/* file and text must outlive the lexer. */
void lex_init(struct lex *lex, const char *file, const char *text, size_t len, struct diag *diag);
void lex_finish(struct lex *lex);

/* The next piece; what is not closed is reported and passed over. Returns 0 or -ENOMEM. */
int lex_next(struct lex *lex, struct token *ret);

#endif
