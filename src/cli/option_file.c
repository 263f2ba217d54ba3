/* option_file.c: the configuration file, line by line. */
#include "cli/option_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

struct ini_walk {
    FILE *file;
    int line;                         /* the one inih is looking at */
    int overlong;                     /* the first line that did not fit inih's buffer; 0: none */
    int failed;                       /* the first line a handler refused; 0: none */
    bool seen[OPTION_ROWS_MAX];
    enum command command;
    option_put *put;
    void *arg;
    const char *path;
    struct buf *why;
};

/* inih tells a handler no line number, so we count them where it reads them. */
static char *next_line(char *out, int size, void *walk)
{
    struct ini_walk *w = walk;

    if (!fgets(out, size, w->file))
        return NULL;
    w->line++;
    if (strlen(out) == (size_t)size - 1 && out[size - 2] != '\n' && !feof(w->file) && !w->overlong)
        w->overlong = w->line;
    return out;
}

static void complain_at(struct ini_walk *w, int line)
{
    buf_text(w->why, w->path);
    buf_text(w->why, " line ");
    buf_i64(w->why, line);
    buf_text(w->why, ": ");
}

static int refuse(struct ini_walk *w, const char *key, const char *text)
{
    complain_at(w, w->line);
    buf_text(w->why, key);
    buf_text(w->why, text);
    w->failed = w->line;
    return 0;
}

/* One "key = value" of the file; inih's convention: 0 is failure. */
static int one_pair(void *walk, const char *section, const char *key, const char *value)
{
    struct ini_walk *w = walk;
    const struct option_row *r = option_find(span_of(key));

    if (w->failed || w->overlong)
        return 0;
    if (!r || !r->section)
        return refuse(w, key, r ? " cannot be set in a file" : " is not an option");
    if (strcmp(r->section, section) != 0) {
        refuse(w, key, " belongs into section [");
        buf_text(w->why, r->section);
        buf_text(w->why, "]");
        return 0;
    }
    if (w->seen[r - option_rows])
        return refuse(w, key, " is given twice");
    w->seen[r - option_rows] = true;
    if (!option_belongs(r, w->command))
        return 1;

    size_t before = w->why->n;
    complain_at(w, w->line);
    if (w->put(w->arg, r, value, w->why)) {
        w->failed = w->line;
        return 0;
    }
    w->why->n = before;
    return 1;
}

enum fault option_file_read(const char *path, enum command command,
                            option_put *put, void *arg, struct buf *why)
{
    struct ini_walk w = { .command = command, .put = put, .arg = arg, .path = path, .why = why };
    size_t before = why->n;
    int first;

    w.file = fopen(path, "re");
    if (!w.file) {
        buf_text(why, "cannot read ");
        buf_text(why, path);
        buf_text(why, ": ");
        buf_text(why, strerror(errno));
        return FAULT_BAD_INPUT;
    }
    first = ini_parse_stream(next_line, &w, one_pair, &w);
    (void)fclose(w.file);
    if (w.overlong && !w.failed) {
        complain_at(&w, w.overlong);
        buf_text(why, "the line is too long");
    } else if (first != 0 && first != w.failed) {      /* a line inih could not read, before any that we refused */
        why->n = before;
        complain_at(&w, first);
        buf_text(why, "this is neither [section], key = value, nor a comment");
    }
    return first != 0 || w.overlong ? FAULT_BAD_INPUT : FAULT_NONE;
}
