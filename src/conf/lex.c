#include "conf/lex.h"

#include <errno.h>

static bool is_alpha(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
        return c >= '0' && c <= '7';
}

/* -1 for what is no hexadecimal digit. */
static int hex(char c)
{
        if (is_digit(c))
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_word(char c)
{
        return is_alpha(c) || is_digit(c) || (c && strchr("!%&()-.:<>?@[]^`|~", c));
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void lex_init(struct lex *lex, const char *file, const char *text, size_t len, struct diag *diag)
{
        *lex = (struct lex){ .file = file, .at = text, .end = text + len, .line = 1, .diag = diag };
}

void lex_finish(struct lex *lex)
{
        strbuf_free(&lex->text);
}

/* Everything is consumed through here, so that the lines are counted once. */
static void move_to(struct lex *lex, const char *to)
{
        const char *p = lex->at;

        while ((p = memchr(p, '\n', (size_t)(to - p)))) {
                lex->line++;
                p++;
        }
        lex->at = to;
}

static char peek(const struct lex *lex, size_t ahead)
{
        return (size_t)(lex->end - lex->at) > ahead ? lex->at[ahead] : '\0';
}

static const char *end_of_line(const char *p, const char *end)
{
        const char *nl = memchr(p, '\n', (size_t)(end - p));

        return nl ? nl : end;
}

static void skip_comment(struct lex *lex)
{
        const char *close = memmem(lex->at + 2, (size_t)(lex->end - lex->at - 2), "*/", 2);

        if (!close)
                diag_say(lex->diag, "%s line %lu: unterminated comment", lex->file, lex->line);
        move_to(lex, close ? close + 2 : lex->end);
}

/* White space and comments; whatever there was ends the string before it. */
static void skip_blank(struct lex *lex)
{
        const char *start = lex->at;

        while (lex->at < lex->end) {
                char c = *lex->at;

                if (is_blank(c))
                        move_to(lex, lex->at + 1);
                else if (c == '#' || (c == '/' && peek(lex, 1) == '/'))
                        move_to(lex, end_of_line(lex->at, lex->end));
                else if (c == '/' && peek(lex, 1) == '*')
                        skip_comment(lex);
                else
                        break;
        }
        if (lex->at != start)
                lex->joining = false;
}

/* The bytes of the escape at p, which starts with the backslash; 1 when nothing follows it. */
static size_t escape_length(const char *p, const char *end)
{
        size_t n = 1, room = (size_t)(end - p);

        if (room < 2)
                return 1;
        if (is_octal(p[1])) {
                while (n < 4 && n < room && is_octal(p[n]))
                        n++;
                return n;
        }
        if (p[1] == 'x')
                for (n = 2; n < 4 && n < room && hex(p[n]) >= 0; n++)
                        ;
        return n < 2 ? 2 : n;
}

static int add_escape(struct strbuf *b, const char *p, size_t n)
{
        static const char names[] = "abfnrtv", chars[] = "\a\b\f\n\r\t\v";
        unsigned value = 0;
        const char *known;

        if (n == 1)
                return strbuf_addc(b, '\\');
        if (p[1] == '\n')
                return 0;
        if (is_octal(p[1])) {
                for (size_t i = 1; i < n; i++)
                        value = value * 8 + (unsigned)(p[i] - '0');
                return strbuf_addc(b, (char)(value & 0xff));
        }
        if (p[1] == 'x' && n > 2) {
                for (size_t i = 2; i < n; i++)
                        value = value * 16 + (unsigned)hex(p[i]);
                return strbuf_addc(b, (char)value);
        }
        known = p[1] ? strchr(names, p[1]) : NULL;
        return strbuf_addc(b, known ? chars[known - names] : p[1]);
}

/*
 * Makes a token of the text from..to, resolving escapes; raw..lex->at is how it stands in the file. A NUL would
 * silently cut every string behind it, so a piece that has one is refused.
 */
static int give_text(struct lex *lex, enum tok type, const char *raw, const char *from, const char *to,
                     struct token *ret)
{
        *ret = (struct token){ .type = type, .joined = lex->joining, .s = from, .len = (size_t)(to - from),
                               .raw = raw, .raw_len = (size_t)(lex->at - raw) };
        lex->joining = true;
        if (memchr(from, '\\', ret->len)) {
                lex->text.len = 0;
                if (strbuf_addn(&lex->text, "", 0) < 0)
                        return -ENOMEM;
                while (from < to) {
                        size_t n = *from == '\\' ? escape_length(from, to) : 1;

                        if ((*from == '\\' ? add_escape(&lex->text, from, n) : strbuf_addc(&lex->text, *from)) < 0)
                                return -ENOMEM;
                        from += n;
                }
                ret->s = lex->text.s;
                ret->len = lex->text.len;
        }
        if (memchr(ret->s, '\0', ret->len))
                ret->type = TOK_BAD;
        return 0;
}

/* The first of the quote and, with stop_at_var, the start of a variable; NULL if the text ends before. */
static const char *string_end(const char *p, const char *end, char quote, bool stop_at_var)
{
        while (p < end) {
                if (*p == quote)
                        return p;
                if (stop_at_var && *p == '$' && p + 1 < end && (is_alpha(p[1]) || p[1] == '{'))
                        return p;
                p += *p == '\\' && p + 1 < end ? 2 : 1;
        }
        return NULL;
}

/* A string nobody closes is given up at the end of its line, and the next line read as if nothing was. */
static void skip_unclosed_string(struct lex *lex)
{
        const char *p = lex->at + 1, *end = end_of_line(p, lex->end);

        while (p < end && !(*p == '\\' && p + 1 == end))
                p += *p == '\\' ? 2 : 1;
        diag_say(lex->diag, "%s line %lu: unterminated string", lex->file, lex->line);
        move_to(lex, p);
}

/* The part of "..." that begins at from, up to its end or the next variable. */
static int dquote_text(struct lex *lex, const char *raw, const char *from, struct token *ret)
{
        const char *to = string_end(from, lex->end, '"', true);

        if (!to)
                to = lex->end;
        lex->in_dquote = to < lex->end && *to == '$';
        move_to(lex, to < lex->end && *to == '"' ? to + 1 : to);
        return give_text(lex, TOK_STR, raw, from, to, ret);
}

/* Returns 1 when the string is not closed and has been passed over. */
static int quoted(struct lex *lex, struct token *ret)
{
        const char *raw = lex->at, *close = string_end(raw + 1, lex->end, *raw, false);

        if (!close) {
                skip_unclosed_string(lex);
                return 1;
        }
        if (*raw == '"')
                return dquote_text(lex, raw, raw + 1, ret);
        move_to(lex, close + 1);
        return give_text(lex, TOK_STR, raw, raw + 1, close, ret);
}

/* at is on a '$'. Returns 1 when a "${" is not closed and has been passed over. */
static int variable(struct lex *lex, struct token *ret)
{
        const char *raw = lex->at, *p = raw + 1;

        if (p == lex->end || (!is_alpha(*p) && *p != '{')) {
                move_to(lex, p);
                return give_text(lex, TOK_STR, raw, raw, p, ret);
        }
        if (*p != '{') {
                while (p < lex->end && (is_alpha(*p) || is_digit(*p)))
                        p++;
                move_to(lex, p);
                return give_text(lex, TOK_VAR, raw, raw + 1, p, ret);
        }
        for (p++; p < lex->end && !strchr("\n{}", *p) && !(lex->in_dquote && *p == '"'); p++)
                if (*p == '\\' && p + 1 < lex->end && p[1] != '\n')
                        p++;
        if (p == lex->end || *p != '}') {
                diag_say(lex->diag, "%s line %lu: unterminated variable", lex->file, lex->line);
                move_to(lex, p);
                return 1;
        }
        move_to(lex, p + 1);
        return give_text(lex, TOK_VAR, raw, raw + 2, p, ret);
}

static void mark(struct lex *lex, enum tok type, size_t n, struct token *ret)
{
        *ret = (struct token){ .type = type, .raw = lex->at, .raw_len = n };
        move_to(lex, lex->at + n);
        lex->joining = false;
}

/* A character beyond ASCII is one token with all its bytes: messages show it whole. */
static size_t stray_length(const struct lex *lex)
{
        size_t n = 1;

        if ((unsigned char)*lex->at >= 0xc0)
                while (n < 4 && ((unsigned char)peek(lex, n) & 0xc0) == 0x80)
                        n++;
        return n;
}

/* What is outside of quotes; at is on neither blank nor comment. Returns 1 when nothing came of it. */
static int bare(struct lex *lex, struct token *ret)
{
        const char *raw = lex->at, *p = raw;

        switch (*raw) {
        case ',':
                mark(lex, TOK_COMMA, 1, ret);
                return 0;
        case ';':
                mark(lex, TOK_SEMICOLON, 1, ret);
                return 0;
        case '=':
                mark(lex, TOK_EQUAL, 1, ret);
                return 0;
        case '{':
                mark(lex, TOK_OPEN, 1, ret);
                return 0;
        case '}':
                mark(lex, TOK_CLOSE, 1, ret);
                return 0;
        case '+':
                if (peek(lex, 1) == '=') {
                        mark(lex, TOK_APPEND, 2, ret);
                        return 0;
                }
                p++;
                break;
        case '*':
        case '/':
                p++;
                break;
        case '\\':
                p += escape_length(raw, lex->end);
                break;
        case '"':
        case '\'':
                return quoted(lex, ret);
        case '$':
                return variable(lex, ret);
        default:
                while (p < lex->end && is_word(*p))
                        p++;
                if (p == raw) {
                        mark(lex, TOK_BAD, stray_length(lex), ret);
                        return 0;
                }
        }
        move_to(lex, p);
        return give_text(lex, TOK_STR, raw, raw, p, ret);
}

static int in_dquote(struct lex *lex, struct token *ret)
{
        if (*lex->at == '$' && (is_alpha(peek(lex, 1)) || peek(lex, 1) == '{'))
                return variable(lex, ret);
        if (*lex->at != '"')
                return dquote_text(lex, lex->at, lex->at, ret);
        lex->in_dquote = false;
        move_to(lex, lex->at + 1);
        return 1;
}

int lex_next(struct lex *lex, struct token *ret)
{
        int r = 1;

        while (r == 1) {
                if (!lex->in_dquote)
                        skip_blank(lex);
                if (lex->at == lex->end) {
                        *ret = (struct token){ .type = TOK_EOF, .raw = lex->at };
                        return 0;
                }
                r = lex->in_dquote ? in_dquote(lex, ret) : bare(lex, ret);
        }
        return r;
}
