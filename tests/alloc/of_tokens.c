/* of_tokens.c: Juspay's and Paytm's tokens. */
#include "scenarios.h"

#include "texts.h"

#include "base/banned.h"

#define LIVE "SELECT count(*) FROM tokens WHERE status < 3"
#define ENDED "SELECT count(*) FROM tokens WHERE status = 3"
#define SUCCESS "\"resultStatus\":\"SUCCESS\""

const struct scenario juspay_scenarios[] = {
    { .name = "juspay-generate", .request = JUSPAY_TOKEN("j$N"), .good = "\"payload\":\"", .once = LIVE, .grows = 1,
      .pending = true },
    { .name = "juspay-get", .request = "POST /v4/card/get\n" JUSPAY "\n{\"card_reference\":\"$r\",\"customer_id\":"
      "\"customer_1\",\"amount\":\"10.15\",\"service\":\"NETWORK_TOKEN\"}", .good = "\"cryptogram\":\"" },
    { .name = "juspay-status", .request = "POST /v4/card/tokenStatus\n" JUSPAY "\n{\"cardReference\":\"$r\","
      "\"customerId\":\"customer_1\"}", .good = "\"tokenStatus\":\"" },
    { .name = "juspay-alt-id", .request = "POST /get/altId\n" JUSPAY "\n{\"cardData\":\"$e\",\"orderData\":{\"amount\":"
      "\"10.15\",\"currency\":\"INR\",\"customerId\":\"customer_1\",\"orderId\":\"o\"}}",
      .good = "\"status\":\"SUCCESS\"" },
    { .name = "juspay-fingerprint", .request = "POST /v2/card/fingerprint\n" JUSPAY "\n{\"card_number\":"
      "\"4111111111111111\",\"is_token\":false}", .good = "fingerprint\":\"" },
    { .name = "juspay-cards", .request = "GET /cards?customer_id=customer_1\n" JUSPAY,
      .good = "\"card_reference\":\"" },
    { .name = "juspay-delete", .before = JUSPAY_TOKEN("k$N"), .request = "POST /v4/card/delete\n" JUSPAY "\n"
      "{\"card_reference\":\"$r\",\"customer_id\":\"k$N\"}", .good = "\"payload\":\"|SUCCESS",
      .again = "\"payload\":\"|SUCCESS|card_reference or customer_id is invalid", .once = ENDED, .grows = 1,
      .pending = true },
    { .name = NULL }
};

const struct scenario paytm_scenarios[] = {
    { .name = "paytm-tokenize", .request = PAYTM_TOKEN("a$N"), .good = SUCCESS, .once = LIVE, .grows = 1,
      .pending = true },
    { .name = "paytm-tokenize-async", .request = PAYTM("tokenizeCardAsync", "\"authRefId\":\"auth-1\",\"cardSource\":"
      "\"CARD_SCAN\",\"encryptedCardData\":\"$f\",\"tokenizationConsent\":{\"userConsent\":1,\"consentTimestamp\":"
      "\"1700000000000\"},\"userInfo\":{\"custId\":\"b$N\"},\"callbackUrl\":\"https://shop.example\""),
      .good = "\"resultStatus\":\"PENDING\"|" SUCCESS, .once = "SELECT count(DISTINCT customer_id) FROM tokens",
      .grows = 1, .pending = true, .varies = true },
    { .name = "paytm-generate", .request = PAYTM("generateTokenData", "\"paymentType\":\"ECOM\",\"tokenIndexNumber\":"
      "\"$t\",\"userInfo\":{\"custId\":\"c1\"}"), .good = SUCCESS },
    { .name = "paytm-guest", .request = PAYTM("gc/generateTokenData", "\"paymentType\":\"ECOM\",\"encryptedCardData\":"
      "\"$f\",\"cardSource\":\"MANUAL_ENTERED\",\"amount\":{\"value\":\"10.15\",\"currency\":\"INR\"},"
      "\"userInfo\":{\"custId\":\"c1\"}"), .good = SUCCESS },
    { .name = "paytm-par", .request = PAYTM("cardToPar", "\"requestType\":\"TIN\",\"requestValue\":\"$t\""),
      .good = SUCCESS },
    { .name = "paytm-info", .request = "GET /coft-center/coft/merchant/$M/token/tokenInfo?tokenIndexNumber=$t&"
      "requestId=req-$n\nversion: v1\nrequestTimestamp: 1700000000000\nrequestId: req-$n\nsignatureType: CHECKSUM\n"
      "sign: $M|req-$n|1700000000000|$t|v1\nsignature: $S\n", .good = SUCCESS },
    { .name = "paytm-suspend", .before = PAYTM_TOKEN("e$N"), .request = PAYTM("modifyTokenStatus",
      "\"tokenIndexNumber\":\"$t\",\"tokenStatus\":\"SUSPENDED\",\"requestedBy\":\"MERCHANT\",\"reason\":\"test\","
      "\"reasonCode\":\"OTHER\",\"userInfo\":{\"custId\":\"e$N\"}"), .good = SUCCESS, .again = SUCCESS "|\"715\"",
      .once = "SELECT count(*) FROM tokens WHERE status = 2", .grows = 1, .pending = true },
    { .name = "paytm-cards", .request = "POST /savedcardservice/merchant/coft/cards\n\n{\"head\":{\"tokenType\":"
      "\"CHECKSUM\",\"token\":\"$S\"},\"body\":{\"mid\":\"$M\",\"custId\":\"c1\"}}", .good = SUCCESS },
    { .name = "paytm-delete", .before = PAYTM_TOKEN("h$N"), .request = "POST /savedcardservice/card/delete\n\n"
      "{\"head\":{\"tokenType\":\"CHECKSUM\",\"token\":\"$S\"},\"body\":{\"mid\":\"$M\",\"custId\":\"h$N\","
      "\"cardId\":\"$t\",\"isParRequest\":false,"
      "\"requestedBy\":\"CARDHOLDER\"}}", .good = SUCCESS, .again = SUCCESS "|FAIL", .once = ENDED, .grows = 1,
      .pending = true },
    { .name = NULL }
};
