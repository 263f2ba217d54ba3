/* QR codes: the picture is a PNG whose parts fit together, with a code in it that begins as a code does. */
#include "base/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

#include "base/banned.h"

enum { PNG_MAX = 24 * 1024, DOTS = 4, QUIET = 4, HEAD = 8 + 25, ROWS = HEAD + 8 + 7 };

static int setup(void **state)
{
    struct arena *a;

    assert_int_equal(arena_new(&a), FAULT_NONE);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static size_t png_of(struct arena *a, uint8_t png[static PNG_MAX], const char *text)
{
    static const char prefix[] = "data:image/png;base64,";
    struct buf b = { png, 0, PNG_MAX, false };
    struct span url;

    assert_int_equal(qr_data_url(&url, a, span_of(text)), FAULT_NONE);
    assert_true(span_starts(url, span_of(prefix)));
    url.p += sizeof prefix - 1;
    url.n -= sizeof prefix - 1;
    assert_int_equal(base64_read(&b, url), FAULT_NONE);
    return b.n;
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t table, c = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        table = (c ^ p[i]) & 0xFF;
        for (int k = 0; k < 8; k++)
            table = table & 1 ? 0xEDB88320u ^ table >> 1 : table >> 1;
        c = table ^ c >> 8;
    }
    return c ^ UINT32_MAX;
}

static void a_text_becomes_a_png_of_three_sound_chunks(void **state)
{
    static const char *const types[] = { "IHDR", "IDAT", "IEND" };
    static uint8_t png[PNG_MAX];
    size_t n = png_of(*state, png, "upi://pay?pa=tijori@gocash&am=10.15"), at = 8;

    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    for (size_t i = 0; i < 3; i++) {
        uint32_t length = u32(png + at);
        assert_memory_equal(png + at + 4, types[i], 4);
        assert_int_equal(u32(png + at + 8 + length), crc(png + at + 4, length + 4));
        at += 12 + length;
    }
    assert_int_equal(at, n);
}

/* Is the module black? Row by row: a filter byte, then eight dots a byte, black a 0. */
static bool black(const uint8_t *png, size_t side, size_t x, size_t y)
{
    size_t stride = 1 + (side + 7) / 8, dot = (x + QUIET) * DOTS;
    const uint8_t *row = png + ROWS + (y + QUIET) * DOTS * stride;

    assert_int_equal(row[0], 0);
    return !(row[1 + dot / 8] >> (7 - dot % 8) & 1);
}

static void three_corners_have_the_finder_and_the_fourth_has_not(void **state)
{
    static uint8_t png[PNG_MAX];
    size_t side, width, rows;

    (void)png_of(*state, png, "upi://pay?pa=tijori@gocash&am=10.15");
    side = u32(png + 16);
    width = side / DOTS - 2 * QUIET;
    rows = side * (1 + (side + 7) / 8);
    assert_int_equal(u32(png + 20), side);
    assert_int_equal(u32(png + HEAD), 2 + 5 + rows + 4);
    assert_int_equal(png[ROWS - 4] | png[ROWS - 3] << 8, rows);
    for (size_t i = 0; i < 7; i++) {
        assert_true(black(png, side, i, 0));
        assert_true(black(png, side, 0, i));
        assert_true(black(png, side, width - 7 + i, 0));
        assert_true(black(png, side, i, width - 1));
    }
    assert_false(black(png, side, 1, 1));
    assert_false(black(png, side, 7, 7));
    assert_false(black(png, side, width - 7, width - 1) && black(png, side, width - 6, width - 1)
                 && black(png, side, width - 5, width - 1) && black(png, side, width - 4, width - 1)
                 && black(png, side, width - 3, width - 1) && black(png, side, width - 2, width - 1));
}

static void another_text_is_another_picture(void **state)
{
    static uint8_t one[PNG_MAX], other[PNG_MAX];
    size_t n = png_of(*state, one, "upi://pay?tr=1"), m = png_of(*state, other, "upi://pay?tr=2");

    assert_int_equal(n, m);
    assert_memory_not_equal(one, other, n);
}

static void the_longest_text_fits_and_a_longer_one_is_refused(void **state)
{
    static uint8_t png[PNG_MAX];
    char text[QR_TEXT_MAX + 2];
    struct span url = { 0 };

    memset(text, 'a', sizeof text);
    text[QR_TEXT_MAX + 1] = '\0';
    assert_int_equal(qr_data_url(&url, *state, span_of(text)), FAULT_BAD_INPUT);
    text[QR_TEXT_MAX] = '\0';
    assert_in_range(png_of(*state, png, text), 1, PNG_MAX - 1);
    assert_int_equal(qr_data_url(&url, *state, SPAN("")), FAULT_BAD_INPUT);
    assert_int_equal(qr_data_url(&url, *state, SPAN("a\0b")), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_text_becomes_a_png_of_three_sound_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(three_corners_have_the_finder_and_the_fourth_has_not, setup, teardown),
        cmocka_unit_test_setup_teardown(another_text_is_another_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_text_fits_and_a_longer_one_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
