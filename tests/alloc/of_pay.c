/* of_pay.c: payments, and the cards that are saved with them. */
#include "scenarios.h"

#include "texts.h"

#include "base/banned.h"

#define PAID_ONCE "SELECT count(*) FROM payments WHERE state = (SELECT state FROM payments WHERE order_id = 'order_2')"
#define LIVE "SELECT count(*) FROM tokens WHERE status < 3 AND customer_id = 'anna'"
#define OTP_DONE "\"authenticate_status\":\"SUCCESS\""
#define SAVED \
    "\"payment_method\":{\"card\":{\"channel\":\"post\",\"instrument_id\":\"$i\",\"card_cvv\":\"123\"}}"

const struct scenario pay_scenarios[] = {
    { .name = "pay-card", .before = ORDER("p$N"), .request = SESSION(CARD), .good = "\"action\":\"post\"",
      .after = OTP AND_THEN "GET /pg/orders/p$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"",
      .once = PAID_ONCE, .grows = 1, .pending = true },
    { .name = "pay-otp", .before = ORDER("q$N") AND_THEN SESSION(CARD), .request = OTP,
      .good = OTP_DONE, .again = OTP_DONE "|Transaction is already processed",
      .after = "GET /pg/orders/q$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"", .once = PAID_ONCE, .grows = 1,
      .pending = true },
    { .name = "pay-and-save", .before = ORDER("s$N") AND_THEN SESSION(CARD ",\"save_instrument\":true"), .request = OTP,
      .good = OTP_DONE, .again = OTP_DONE "|Transaction is already processed",
      .after = "GET /pg/orders/s$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"", .once = LIVE, .grows = 0,
      .pending = true },
    { .name = "pay-saved", .before = ORDER("v$N"), .request = SESSION(SAVED), .good = "\"action\":\"post\"",
      .after = OTP AND_THEN "GET /pg/orders/v$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"",
      .once = PAID_ONCE, .grows = 1, .pending = true },
    { .name = "pay-upi", .before = ORDER("u$N"), .request = SESSION("\"payment_method\":{\"upi\":{\"channel\":"
      "\"collect\",\"upi_id\":\"testsuccess@gocash\",\"upi_expiry_minutes\":10}}"), .good = "\"cf_payment_id\":",
      .again = "\"cf_payment_id\":|order_already_paid",
      .after = "GET /pg/orders/u$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"", .once = PAID_ONCE, .grows = 1,
      .pending = true },
    { .name = "pay-netbanking", .before = ORDER("n$N"), .request = SESSION("\"payment_method\":{\"netbanking\":"
      "{\"channel\":\"link\",\"netbanking_bank_code\":3333}}"), .good = "\"cf_payment_id\":", .pending = true },
    { .name = "instruments", .request = "GET /pg/customers/anna/instruments?instrument_type=card\n" CASHFREE,
      .good = "\"instrument_id\":\"" },
    { .name = "cryptogram", .request = "GET /pg/customers/anna/instruments/$i/cryptogram\n" CASHFREE,
      .good = "\"cryptogram\":\"" },
    { .name = "instrument-delete", .before = PAID_AND_SAVED("d$N", "w$N"), .waits = true,
      .request = "DELETE /pg/customers/w$N/instruments/$i\n" CASHFREE, .good = "\"instrument_status\":\"INACTIVE\"",
      .again = "\"instrument_status\":\"INACTIVE\"|instrument_already_deleted",
      .once = "SELECT count(*) FROM tokens WHERE status = 3", .grows = 1, .pending = true },
    { .name = "simulate", .before = ORDER("m$N") AND_THEN SESSION(CARD), .request = "POST /pg/simulate\n" CASHFREE "\n"
      "{\"entity\":\"PAYMENTS\",\"entity_id\":\"$p\",\"entity_simulation\":{\"payment_status\":\"SUCCESS\","
      "\"payment_error_code\":\"\"}}", .good = "\"simulation_id\":", .again = "\"simulation_id\":|already",
      .after = "GET /pg/orders/m$N\n" CASHFREE, .shows = "\"order_status\":\"PAID\"", .once = PAID_ONCE, .grows = 1,
      .pending = true },
    { .name = NULL }
};
