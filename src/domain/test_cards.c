/* test_cards.c: the published test cards. */
#include "domain/test_cards.h"

#include "base/secret.h"

#include "base/banned.h"

/* The first ones of each scheme are numbers that schemes and banks publish for tests. The others are of the same test
 * BINs, zeros up to the last four digits, and there the same two digits for the same outcome. */
static const struct test_card table[] = {
    { "4111111111111111", SCHEME_VISA, TEST_APPROVE, "a token at once" },
    { "4012888888881881", SCHEME_VISA, TEST_APPROVE, "a token at once" },
    { "4242424242424242", SCHEME_VISA, TEST_APPROVE, "a token at once" },
    { "4111110000000013", SCHEME_VISA, TEST_LATER, "INIT, then ACTIVE after 2 s" },
    { "4111110000000021", SCHEME_VISA, TEST_LATER_FAILS, "INIT, then FAILED after 2 s" },
    { "4111110000000039", SCHEME_VISA, TEST_DECLINE, "declined by the issuer" },
    { "4111110000000047", SCHEME_VISA, TEST_INELIGIBLE, "this card cannot have a token" },
    { "4111110000000054", SCHEME_VISA, TEST_AUTHENTICATE, "additional authentication is wanted" },
    { "4111110000000062", SCHEME_VISA, TEST_BAD_REQUEST, "the network refuses the request" },
    { "4111110000000070", SCHEME_VISA, TEST_BAD_AUTH_REF, "the authentication reference is refused" },
    { "4111110000000088", SCHEME_VISA, TEST_ERROR, "the network fails" },
    { "4111110000000096", SCHEME_VISA, TEST_FAULT, "an answer that makes no sense" },
    { "4111110000000104", SCHEME_VISA, TEST_TIMEOUT, "a token is made, but no answer comes" },
    { "4111110000000112", SCHEME_VISA, TEST_TIMEOUT_LOST, "neither token nor answer" },
    { "4111110000000120", SCHEME_VISA, TEST_DOWN, "no connection to the network" },
    { "4111110000000138", SCHEME_VISA, TEST_NO_ROUTE, "no route to the network" },
    { "4111110000000146", SCHEME_VISA, TEST_BROKEN, "the connection breaks; nothing happened" },
    { "4111110000000153", SCHEME_VISA, TEST_BLOCKED, "a token; later operations: card blocked" },
    { "4111110000000161", SCHEME_VISA, TEST_NO_SUBS, "a token; no cryptograms for subscriptions" },
    { "4111110000000179", SCHEME_VISA, TEST_FORGOTTEN, "a token; the network then forgets it" },
    { "4111110000000187", SCHEME_VISA, TEST_EXPIRES_SOON, "a token that expires this month" },
    { "5555555555554444", SCHEME_MASTERCARD, TEST_APPROVE, "a token at once" },
    { "5105105105105100", SCHEME_MASTERCARD, TEST_APPROVE, "a token at once" },
    { "5555550000000010", SCHEME_MASTERCARD, TEST_LATER, "INIT, then ACTIVE after 2 s" },
    { "5555550000000028", SCHEME_MASTERCARD, TEST_LATER_FAILS, "INIT, then FAILED after 2 s" },
    { "5555550000000036", SCHEME_MASTERCARD, TEST_DECLINE, "declined by the issuer" },
    { "5555550000000044", SCHEME_MASTERCARD, TEST_INELIGIBLE, "this card cannot have a token" },
    { "5555550000000051", SCHEME_MASTERCARD, TEST_AUTHENTICATE, "additional authentication is wanted" },
    { "5555550000000077", SCHEME_MASTERCARD, TEST_BAD_AUTH_REF, "the authentication reference is refused" },
    { "5555550000000101", SCHEME_MASTERCARD, TEST_TIMEOUT, "a token is made, but no answer comes" },
    { "5555550000000119", SCHEME_MASTERCARD, TEST_TIMEOUT_LOST, "neither token nor answer" },
    { "5555550000000127", SCHEME_MASTERCARD, TEST_DOWN, "no connection to the network" },
    { "5555550000000150", SCHEME_MASTERCARD, TEST_BLOCKED, "a token; later operations: card blocked" },
    { "5555550000000168", SCHEME_MASTERCARD, TEST_NO_SUBS, "a token; no cryptograms for subscriptions" },
    { "5555550000000176", SCHEME_MASTERCARD, TEST_FORGOTTEN, "a token; the network then forgets it" },
    { "5555550000000184", SCHEME_MASTERCARD, TEST_EXPIRES_SOON, "a token that expires this month" },
    { "6074825972083818", SCHEME_RUPAY, TEST_APPROVE, "a token at once" },
    { "6074820000000017", SCHEME_RUPAY, TEST_LATER, "INIT, then ACTIVE after 2 s" },
    { "6074820000000033", SCHEME_RUPAY, TEST_DECLINE, "declined by the issuer" },
    { "6074820000000041", SCHEME_RUPAY, TEST_INELIGIBLE, "this card cannot have a token" },
    { "6074820000000058", SCHEME_RUPAY, TEST_AUTHENTICATE, "additional authentication is wanted" },
    { "6074820000000108", SCHEME_RUPAY, TEST_TIMEOUT, "a token is made, but no answer comes" },
    { "6074820000000157", SCHEME_RUPAY, TEST_BLOCKED, "a token; later operations: card blocked" },
    { "6074820000000165", SCHEME_RUPAY, TEST_NO_SUBS, "a token; no cryptograms for subscriptions" },
    { "378282246310005", SCHEME_AMEX, TEST_APPROVE, "a token at once" },
    { "371449635398431", SCHEME_AMEX, TEST_APPROVE, "a token at once" },
    { "378282000000016", SCHEME_AMEX, TEST_LATER, "INIT, then ACTIVE after 2 s" },
    { "378282000000032", SCHEME_AMEX, TEST_DECLINE, "declined by the issuer" },
    { "378282000000073", SCHEME_AMEX, TEST_BAD_AUTH_REF, "the authentication reference is refused" },
    { "378282000000107", SCHEME_AMEX, TEST_TIMEOUT, "a token is made, but no answer comes" },
    { "30569309025904", SCHEME_DINERS, TEST_APPROVE, "a token at once" },
    { "38520000023237", SCHEME_DINERS, TEST_APPROVE, "a token at once" },
    { "30569300000013", SCHEME_DINERS, TEST_LATER, "INIT, then ACTIVE after 2 s" },
    { "30569300000039", SCHEME_DINERS, TEST_DECLINE, "declined by the issuer" },
    { "30569300000104", SCHEME_DINERS, TEST_TIMEOUT, "a token is made, but no answer comes" },
};

enum { ROWS = sizeof table / sizeof *table };

_Static_assert(sizeof table / sizeof *table <= TEST_CARDS_MAX, "a row's number fits where it is kept");

const struct test_card *test_cards(size_t *n)
{
    *n = ROWS;
    return table;
}

/* All ones when `condition` holds, and all zeros when not; without a branch. */
static size_t mask_of(bool condition)
{
    return (size_t)0 - (size_t)condition;
}

size_t test_card_find(const struct pan *p)
{
    struct span digits = pan_digits(p);
    size_t found = ROWS;

    for (size_t i = 0; i < ROWS; i++) {
        size_t mask = mask_of(secret_equal(digits, span_of(table[i].digits)));
        found = (found & ~mask) | (i & mask);
    }
    return found;
}
