/* test_fault.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fault.h"

#include "base/banned.h"

static void nothing_wrong_is_zero(void **state)
{
    (void)state;
    assert_int_equal(FAULT_NONE, 0);
    assert_string_equal(fault_name(FAULT_NONE), "NONE");
}

static void every_fault_says_its_name_and_who_must_act(void **state)
{
    (void)state;
#define X(name, text)                                          \
    assert_string_equal(fault_name(FAULT_##name), #name);      \
    assert_string_equal(fault_text(FAULT_##name), text);
    FAULTS(X)
#undef X
}

static void a_number_that_is_no_fault_is_ours(void **state)
{
    (void)state;
    assert_string_equal(fault_name((enum fault)99), "INTERNAL");
    assert_string_equal(fault_text((enum fault)99), "us: see the journal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_wrong_is_zero),
        cmocka_unit_test(every_fault_says_its_name_and_who_must_act),
        cmocka_unit_test(a_number_that_is_no_fault_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
