/* vectors.h: rows of tests/vectors: tab-separated, hexadecimal, "-" for empty, "#" begins a comment line. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/base64.h"

enum { VECTOR_COLUMNS = 8, VECTOR_LINE = 4096, VECTOR_BYTES = 1024 };

struct vectors { FILE *f; char line[VECTOR_LINE]; char *column[VECTOR_COLUMNS]; size_t rows; };

static inline struct vectors vectors_open(const char *name)
{
    struct vectors v = { 0 };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", VECTORS, name);
    v.f = fopen(path, "r");
    assert_non_null(v.f);
    return v;
}

/* The next row's columns; false, and closed, when there is none. */
static inline bool vectors_next(struct vectors *v)
{
    do {
        if (!fgets(v->line, sizeof v->line, v->f)) {
            fclose(v->f);
            return false;
        }
    } while (v->line[0] == '#');
    v->line[strcspn(v->line, "\n")] = '\0';
    v->rows++;
    for (char *at = v->line, *end, **c = v->column; c < v->column + VECTOR_COLUMNS; c++) {
        *c = at;
        end = strchr(at, '\t');
        if (end)
            *end = '\0';
        at = end ? end + 1 : at + strlen(at);
    }
    return true;
}

/* A column's bytes, in `room` of VECTOR_BYTES. */
static inline struct span vectors_hex(const char *column, uint8_t *room)
{
    struct buf b = { room, 0, VECTOR_BYTES, false };

    if (strcmp(column, "-") != 0)
        assert_int_equal(hex_read(&b, span_of(column)), FAULT_NONE);
    return (struct span){ room, b.n };
}
