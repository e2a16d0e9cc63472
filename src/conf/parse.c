#include "conf/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/expand.h"
#include "conf/lex.h"

#define DEPTH_MAX 32
#define FILE_MAX (64u << 20)

/*
 * No jail can have a longer name, so nesting deeper than this is never meant; and without a limit a few
 * kilobytes of "a{" would make names of quadratic length.
 */
#define NESTED_NAME_MAX 255

/* One file being read. */
struct source {
        struct lex lex;
        struct token tok;
        bool held;              /* tok is to be read again */
        struct block *outer;    /* where the file was included; it cannot close that block */
        struct block *block;    /* the one being filled; NULL: outside of any */
};

static int parse_source(struct parse *p, const char *file, const char *text, size_t len, struct block *outer);

void parse_init(struct parse *p, struct ast *ast, struct diag *diag, struct err *e)
{
        *p = (struct parse){ .ast = ast, .diag = diag, .e = e };
        *ast = (struct ast){0};
        ast->tail = &ast->blocks;
}

void parse_finish(struct parse *p)
{
        strbuf_free(&p->literal);
        arena_finish(&p->ast->arena);
}

static int next(struct parse *p, struct source *src)
{
        if (src->held) {
                src->held = false;
                return 0;
        }
        return lex_next(&src->lex, &src->tok) < 0 ? err_nomem(p->e) : 0;
}

static void say_syntax(struct parse *p, struct source *src)
{
        if (src->tok.type == TOK_EOF)
                diag_say(p->diag, "%s: unexpected EOF", src->lex.file);
        else
                diag_syntax(p->diag, src->lex.file, src->lex.line, src->tok.raw, src->tok.raw_len);
}

/*
 * Passes over the rest of a statement that made no sense, from the current token on: to its ';', or to the
 * end of the block it opens, or up to the '}' of the block it is in (outside of any, that goes the same way).
 * At the end of the file nothing is open any more, because one complaint about that is enough.
 */
static int skip_statement(struct parse *p, struct source *src)
{
        size_t depth = 0;
        int r = 0;

        for (; r == 0; r = next(p, src)) {
                if (src->tok.type == TOK_EOF) {
                        src->block = src->outer;
                        src->held = true;
                        return 0;
                }
                if (src->tok.type == TOK_SEMICOLON && depth == 0)
                        return 0;
                if (src->tok.type == TOK_OPEN)
                        depth++;
                if (src->tok.type == TOK_CLOSE) {
                        if (depth == 0)
                                src->held = src->block != src->outer;
                        if (depth <= 1)
                                return 0;
                        depth--;
                }
        }
        return r;
}

static int refuse(struct parse *p, struct source *src)
{
        say_syntax(p, src);
        return skip_statement(p, src);
}

static struct block *add_block(struct parse *p, const char *name, size_t len, struct block *parent)
{
        struct ast *ast = p->ast;
        struct block *b = arena_alloc(&ast->arena, sizeof *b);

        if (!b)
                return NULL;
        b->parent = parent;
        b->name = name;
        b->name_len = len;
        b->tail = &b->stmts;
        b->seq = ++ast->n_blocks;
        *ast->tail = b;
        ast->tail = &b->next;
        return b;
}

/* Statements outside of any block are one wildcard at the place of the first of them. */
static struct block *global_block(struct parse *p)
{
        if (!p->ast->global)
                p->ast->global = add_block(p, "*", 1, NULL);
        return p->ast->global;
}

/* The current token is the '{' behind the label. */
static int open_block(struct parse *p, struct source *src, const char *label)
{
        struct block *outer = src->block;
        size_t len = strlen(label), full = outer ? outer->name_len + 1 + len : len;
        const char *name = label;

        if (outer && full > NESTED_NAME_MAX) {
                diag_say(p->diag, "%s line %lu: name of nested jail too long", src->lex.file, src->lex.line);
                return skip_statement(p, src);
        }
        if (outer) {
                char *joined = arena_alloc(&p->ast->arena, full + 1);

                if (!joined)
                        return err_nomem(p->e);
                memcpy(joined, outer->name, outer->name_len);
                joined[outer->name_len] = '.';
                memcpy(joined + outer->name_len + 1, label, len);
                name = joined;
        }
        src->block = add_block(p, name, full, outer);
        return src->block ? 0 : err_nomem(p->e);
}

static bool is_piece(const struct token *tok)
{
        return tok->type == TOK_STR || tok->type == TOK_VAR;
}

static int add_piece(struct parse *p, struct piece ***tail, const char *text, size_t len, bool ref)
{
        struct piece *piece = arena_alloc(&p->ast->arena, sizeof *piece);

        if (!piece)
                return err_nomem(p->e);
        *piece = (struct piece){ .text = arena_str(&p->ast->arena, text, len), .len = len, .ref = ref };
        if (!piece->text)
                return err_nomem(p->e);
        **tail = piece;
        *tail = &piece->next;
        return 0;
}

/* Puts together the pieces that touch, the current token the first; leaves the token behind them current. */
static int read_value(struct parse *p, struct source *src, struct value **ret)
{
        struct value *v = arena_alloc(&p->ast->arena, sizeof *v);
        struct piece **tail;
        int r;

        if (!v)
                return err_nomem(p->e);
        tail = &v->pieces;
        p->literal.len = 0;
        do {
                if (src->tok.type == TOK_STR) {
                        if (strbuf_addn(&p->literal, src->tok.s, src->tok.len) < 0)
                                return err_nomem(p->e);
                } else {
                        if (p->literal.len > 0) {
                                r = add_piece(p, &tail, p->literal.s, p->literal.len, false);
                                if (r < 0)
                                        return r;
                                p->literal.len = 0;
                        }
                        r = add_piece(p, &tail, src->tok.s, src->tok.len, true);
                        if (r < 0)
                                return r;
                }
                r = next(p, src);
                if (r < 0)
                        return r;
        } while (is_piece(&src->tok) && src->tok.joined);
        if (v->pieces && p->literal.len > 0) {
                r = add_piece(p, &tail, p->literal.s, p->literal.len, false);
                if (r < 0)
                        return r;
        }
        if (!v->pieces) {
                v->text = arena_str(&p->ast->arena, p->literal.s, p->literal.len);
                v->len = p->literal.len;
                if (!v->text)
                        return err_nomem(p->e);
        }
        *ret = v;
        return 0;
}

/*
 * The list of values, whose first token is the current one; ends on the token behind them. Returns 1 when that
 * token does not belong where it stands.
 */
static int read_values(struct parse *p, struct source *src, struct value **tail)
{
        for (;;) {
                int r;

                if (!is_piece(&src->tok))
                        return 1;
                r = read_value(p, src, tail);
                if (r < 0)
                        return r;
                tail = &(*tail)->next;
                if (src->tok.type != TOK_COMMA)
                        return src->tok.type == TOK_SEMICOLON ? 0 : 1;
                r = next(p, src);
                if (r < 0)
                        return r;
        }
}

static int read_file(struct parse *p, const char *file, struct block *outer)
{
        autostr text = NULL;
        size_t len;
        int r = fd_slurp(AT_FDCWD, file, FILE_MAX, &text, &len, p->e);

        return r < 0 ? r : parse_source(p, file, text, len, outer);
}

/*
 * Names are relative to the file that includes, as it was named; standard input has no directory. A pattern may
 * match nothing, a plain name must be there.
 */
static int include_name(struct parse *p, struct source *src, const char *name)
{
        const char *slash = *name == '/' ? NULL : strrchr(src->lex.file, '/');
        autobuf path = {0};
        autostrv found = {0};
        int r;

        if (strbuf_addn(&path, src->lex.file, slash ? (size_t)(slash - src->lex.file) + 1 : 0) < 0)
                return err_nomem(p->e);
        if (!expand_is_pattern(name)) {
                if (strbuf_add(&path, name) < 0)
                        return err_nomem(p->e);
                return read_file(p, path.s, src->block);
        }
        r = expand_pattern(path.s, name, &found, p->e);
        for (size_t i = 0; r == 0 && i < found.n; i++)
                r = read_file(p, found.v[i], src->block);
        return r;
}

static int include(struct parse *p, struct source *src, const struct value *names)
{
        int r = 0;

        if (p->no_include) {
                diag_say(p->diag, "%s line %lu: '.include' not permitted here", src->lex.file, src->lex.line);
                return 0;
        }
        if (p->depth == DEPTH_MAX)
                return err_set(p->e, ELOOP, "maximum include depth exceeded");
        p->depth++;
        for (const struct value *v = names; v && r == 0; v = v->next) {
                if (v->pieces)
                        diag_say(p->diag, "%s line %lu: variables not permitted in '.include' filename",
                                 src->lex.file, src->lex.line);
                else
                        r = include_name(p, src, v->text);
        }
        p->depth--;
        return r;
}

static int add_stmt(struct parse *p, struct source *src, const struct stmt *read)
{
        struct block *b = src->block ? src->block : global_block(p);
        struct stmt *s = b ? arena_alloc(&p->ast->arena, sizeof *s) : NULL;

        if (!s)
                return err_nomem(p->e);
        *s = *read;
        *b->tail = s;
        b->tail = &s->next;
        return 0;
}

/* From its first token, which is current, through its ';' or '{'. */
static int read_statement(struct parse *p, struct source *src)
{
        struct stmt s = { .var = src->tok.type == TOK_VAR };
        bool include_files;
        int r;

        s.name = arena_str(&p->ast->arena, src->tok.s, src->tok.len);
        if (!s.name)
                return err_nomem(p->e);
        include_files = !s.var && str_eq(s.name, ".include");
        r = next(p, src);
        if (r < 0)
                return r;
        /* A directive takes the names of files, and is no parameter or jail of that name. */
        if (include_files && !is_piece(&src->tok))
                return refuse(p, src);
        switch (src->tok.type) {
        case TOK_OPEN:
                return s.var ? refuse(p, src) : open_block(p, src, s.name);
        case TOK_SEMICOLON:
                return add_stmt(p, src, &s);
        case TOK_APPEND:
        case TOK_EQUAL:
                s.append = src->tok.type == TOK_APPEND;
                r = next(p, src);
                break;
        default:
                /* A name is one piece: what touches it is a mistake, not its value. */
                if (!is_piece(&src->tok) || src->tok.joined)
                        return refuse(p, src);
        }
        if (r == 0)
                r = read_values(p, src, &s.values);
        if (r != 0)
                return r == 1 ? refuse(p, src) : r;
        if (include_files)
                return include(p, src, s.values);
        return add_stmt(p, src, &s);
}

static int read_all(struct parse *p, struct source *src)
{
        for (;;) {
                int r = next(p, src);

                if (r < 0)
                        return r;
                switch (src->tok.type) {
                case TOK_EOF:
                        if (src->block != src->outer)
                                say_syntax(p, src);
                        return 0;
                case TOK_SEMICOLON:
                        break;
                case TOK_CLOSE:
                        if (src->block != src->outer)
                                src->block = src->block->parent;
                        else
                                say_syntax(p, src);
                        break;
                case TOK_STR:
                case TOK_VAR:
                        r = read_statement(p, src);
                        break;
                default:
                        r = refuse(p, src);
                }
                if (r < 0)
                        return r;
        }
}

static int parse_source(struct parse *p, const char *file, const char *text, size_t len, struct block *outer)
{
        struct source src = { .outer = outer, .block = outer };
        int r;

        lex_init(&src.lex, file, text, len, p->diag);
        r = read_all(p, &src);
        lex_finish(&src.lex);
        return r;
}

static int slurp_stdin(struct parse *p, struct strbuf *ret)
{
        char buf[16384];

        for (;;) {
                ssize_t n = read(STDIN_FILENO, buf, sizeof buf);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return err_sys(p->e, "STDIN");
                if (n == 0)
                        return 0;
                if (ret->len + (size_t)n > FILE_MAX)
                        return err_code(p->e, EFBIG, "STDIN");
                if (strbuf_addn(ret, buf, (size_t)n) < 0)
                        return err_nomem(p->e);
        }
}

int parse_file(struct parse *p, const char *file)
{
        autobuf text = {0};
        int r;

        if (!str_eq(file, "-"))
                return read_file(p, file, NULL);
        r = slurp_stdin(p, &text);
        return r < 0 ? r : parse_source(p, "STDIN", text.s ? text.s : "", text.len, NULL);
}

int parse_text(struct parse *p, const char *file, const char *text, size_t len)
{
        return parse_source(p, file, text, len, NULL);
}
