/* test_roles.c: what the gateway's connections to the keyholder may ask, by what is simulated beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/roles.h"
#include "gateway/wire.h"
#include "keyholder/heart.h"

#include "base/banned.h"

static void set(struct options *o, const char *network, const char *acquirer)
{
    memset(o, 0, sizeof *o);
    memcpy(o->network, network, strlen(network) + 1);
    memcpy(o->acquirer, acquirer, strlen(acquirer) + 1);
}

static void each_connection_may_ask_what_its_own_party_needs(void **state)
{
    struct options o;

    (void)state;
    set(&o, "simulated", "simulated");
    for (unsigned i = 0; i < NETWORK_CHANNEL; i++)
        assert_int_equal(role_channel_rights(&o, i), MAY_GATEWAY);
    for (unsigned i = NETWORK_CHANNEL; i < ACQUIRER_CHANNEL; i++)
        assert_int_equal(role_channel_rights(&o, i), MAY_NETWORK);
    for (unsigned i = ACQUIRER_CHANNEL; i < GATEWAY_CHANNELS; i++)
        assert_int_equal(role_channel_rights(&o, i), MAY_ACQUIRER);
    assert_int_equal(MAY_GATEWAY & (MAY_NETWORK | MAY_ACQUIRER), 0);
    assert_int_equal(MAY_NETWORK & MAY_ACQUIRER, 0);
}

static void the_connection_of_a_party_that_is_not_here_may_ask_nothing(void **state)
{
    struct options o;

    (void)state;
    set(&o, "none", "simulated");
    assert_int_equal(role_channel_rights(&o, NETWORK_CHANNEL), 0);
    assert_int_equal(role_channel_rights(&o, ACQUIRER_CHANNEL), MAY_ACQUIRER);
    set(&o, "simulated", "none");
    assert_int_equal(role_channel_rights(&o, NETWORK_CHANNEL), MAY_NETWORK);
    assert_int_equal(role_channel_rights(&o, ACQUIRER_CHANNEL), 0);
    assert_int_equal(role_channel_rights(&o, 0), MAY_GATEWAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_connection_may_ask_what_its_own_party_needs),
        cmocka_unit_test(the_connection_of_a_party_that_is_not_here_may_ask_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
