/* test_cards.h: the published test cards, each with what the simulated network makes of it.
 *
 * Every card has a passing Luhn digit and a BIN of domain/bin.h. Which numbers are whose, and the published table that
 * docs/TEST-CARDS.md shows, come from here. A card that is not in the table is approved, and everything works on it. */
#pragma once

#include "domain/pan.h"

enum test_outcome {
    TEST_APPROVE,                     /* a token at once; everything works */
    TEST_LATER,                       /* INIT; ACTIVE after TEST_LATER_MS */
    TEST_LATER_FAILS,                 /* INIT; FAILED after TEST_LATER_MS */
    TEST_DECLINE, TEST_INELIGIBLE, TEST_AUTHENTICATE, TEST_BAD_REQUEST, TEST_BAD_AUTH_REF, TEST_ERROR, TEST_FAULT,
    TEST_TIMEOUT,                     /* the token is made and the answer never comes: asking by reference finds it */
    TEST_TIMEOUT_LOST,                /* neither token nor answer */
    TEST_DOWN,                        /* no connection */
    TEST_NO_ROUTE, TEST_BROKEN,
    TEST_BLOCKED,                     /* a token is made; each further operation is refused: the card is blocked */
    TEST_NO_SUBS,                     /* a token is made; cryptograms for subscriptions are not supported */
    TEST_FORGOTTEN,                   /* a token is made, and the network knows nothing of it afterwards */
    TEST_EXPIRES_SOON,                /* a token that expires with the current month */
    TEST_OUTCOMES
};

enum { TEST_LATER_MS = 2000, TEST_CARDS_MAX = 64 };

struct test_card {
    const char *digits;
    enum scheme scheme;
    enum test_outcome outcome;
    const char *what;                 /* for the published table: "INIT, then ACTIVE after 2 s" */
};

/* The table, and how many rows it has. */
const struct test_card *test_cards(size_t *n);

/* The row of a card number, or the count of rows when there is none. Takes the same time for any two numbers of one
 * length. */
size_t test_card_find(const struct pan *p);
