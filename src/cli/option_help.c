/* option_help.c: the text of --help, from the tables. */
#include <string.h>

#include "cli/option_table.h"

#include "base/banned.h"

enum { HELP_WIDTH = 78, HELP_INDENT = 6, SUMMARY_COLUMN = 32 };

static void spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_byte(out, ' ');
}

/* Append `text` word by word, no line longer than HELP_WIDTH, each indented. */
static void put_wrapped(struct buf *out, const char *text, size_t indent)
{
    size_t column = 0;

    while (*text) {
        size_t n = strcspn(text, " ");

        if (column && column + 1 + n > HELP_WIDTH)
            buf_text(out, "\n"), column = 0;
        if (column)
            buf_text(out, " "), column++;
        else
            spaces(out, indent), column = indent;
        buf_put(out, text, n);
        column += n;
        text += n + strspn(text + n, " ");
    }
    buf_text(out, "\n");
}

static void put_words(struct buf *out, const struct command_row *c)
{
    buf_text(out, c->first);
    if (c->second) {
        buf_text(out, " ");
        buf_text(out, c->second);
    }
}

static void put_operand(struct buf *out, const struct command_row *c)
{
    if (!c->operand)
        return;
    buf_text(out, " ");
    buf_text(out, option_find(span_of(c->operand))->argument);
}

static void put_option(struct buf *out, const struct option_row *r, enum command c)
{
    char env[OPTION_ENV_TEXT];
    const char *fallback = option_fallback(r, c);

    buf_text(out, "  --");
    buf_text(out, r->name);
    if (r->argument) {
        buf_text(out, " ");
        buf_text(out, r->argument);
    }
    if (*fallback) {
        buf_text(out, "    (default ");
        buf_text(out, fallback);
        buf_text(out, ")");
    }
    option_env(env, r);
    if (env[0]) {
        buf_text(out, "    ");
        buf_text(out, env);
    }
    buf_text(out, "\n");
    put_wrapped(out, r->help, HELP_INDENT);
}

/* A line for each command from `first` on, up to the end of its group if it is in one. */
static void put_summaries(struct buf *out, enum command first)
{
    for (enum command c = first; c < COMMANDS; c++) {
        size_t before = out->n;

        if (command_rows[first].second && !command_rows[c].second)
            return;
        buf_text(out, "  ");
        put_words(out, &command_rows[c]);
        put_operand(out, &command_rows[c]);
        spaces(out, out->n - before < SUMMARY_COLUMN ? SUMMARY_COLUMN - (out->n - before) : 1);
        buf_text(out, command_rows[c].summary);
        buf_text(out, "\n");
    }
}

static void put_overview(struct buf *out)
{
    buf_text(out, "tijori: a card-token vault and payment-order gateway\n\nusage: tijori COMMAND [options]\n\n");
    put_summaries(out, COMMAND_HELP);
    buf_text(out, "\ntijori COMMAND --help shows a command's options. All of it: man tijori.\n");
}

static void put_group(struct buf *out, enum command group)
{
    const char *word = command_rows[group].first;

    buf_text(out, "usage: tijori ");
    buf_text(out, word);
    buf_text(out, " COMMAND [options]\n\n");
    put_wrapped(out, command_rows[group].about, 0);
    buf_text(out, "\n");
    put_summaries(out, group + 1);
    buf_text(out, "\ntijori ");
    buf_text(out, word);
    buf_text(out, " COMMAND --help shows a command's options.\n");
}

void options_help(struct buf *out, enum command c)
{
    const struct command_row *row = &command_rows[c];

    if (c == COMMAND_HELP) {
        put_overview(out);
        return;
    }
    if (command_is_group(c)) {
        put_group(out, c);
        return;
    }
    buf_text(out, "usage: tijori ");
    put_words(out, row);
    put_operand(out, row);
    buf_text(out, " [options]\n\n");
    put_wrapped(out, row->about, 0);
    buf_text(out, "\noptions:\n");
    for (const struct option_row *r = option_rows; r->name; r++)
        if (option_belongs(r, c))
            put_option(out, r, c);
}
