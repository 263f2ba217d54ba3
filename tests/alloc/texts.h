/* texts.h: pieces of requests that scenarios share. */
#pragma once

#define CASHFREE "x-api-version: 2025-01-01\nx-client-id: $m\nx-client-secret: $k\n"
#define PAYER "x-api-version: 2025-01-01\n"
#define AND_THEN "\n---\n"

#define ORDER(id) \
    "POST /pg/orders\n" CASHFREE "\n{\"order_id\":\"" id "\",\"order_amount\":10.15,\"order_currency\":\"INR\"," \
    "\"customer_details\":{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"}}"
#define SESSION(method) "POST /pg/orders/sessions\n" PAYER "\n{\"payment_session_id\":\"$s\"," method "}"
#define CARD \
    "\"payment_method\":{\"card\":{\"channel\":\"post\",\"card_number\":\"4706131211212123\",\"card_holder_name\":" \
    "\"Anna\",\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"28\",\"card_cvv\":\"123\"}}"
#define OTP \
    "POST /pg/orders/pay/authenticate/$p\n" PAYER "\n{\"action\":\"SUBMIT_OTP\",\"otp\":\"111000\"}"
#define PAID(id) ORDER(id) AND_THEN SESSION(CARD) AND_THEN OTP

#define PAID_AND_SAVED(id, customer) \
    "POST /pg/orders\n" CASHFREE "\n{\"order_id\":\"" id "\",\"order_amount\":10.15,\"order_currency\":\"INR\"," \
    "\"customer_details\":{\"customer_id\":\"" customer "\",\"customer_phone\":\"9908734801\"}}" \
    AND_THEN SESSION(CARD ",\"save_instrument\":true") AND_THEN OTP \
    AND_THEN "GET /pg/customers/" customer "/instruments?instrument_type=card\n" CASHFREE

#define JUSPAY "authorization: Basic $j\n"
#define JUSPAY_TOKEN(customer) \
    "POST /generateToken\n" JUSPAY "\n{\"service\":\"NETWORK_TOKEN\",\"cardData\":\"$e\",\"orderData\":{" \
    "\"consentId\":\"consent-1\",\"customerId\":\"" customer "\"},\"shouldSendToken\":true}"

#define PAYTM_HEAD \
    "\"head\":{\"version\":\"v1\",\"requestTimestamp\":\"1700000000000\",\"requestId\":\"req-$n\"," \
    "\"signature\":\"$S\",\"signatureType\":\"CHECKSUM\"}"
#define PAYTM(path, body) \
    "POST /coft-center/coft/merchant/$M/token/" path "?requestId=req-$n\n\n{" PAYTM_HEAD ",\"body\":{\"mid\":\"$M\"," \
    body "}}"
#define PAYTM_TOKEN(customer) \
    PAYTM("tokenizeCard", "\"authRefId\":\"auth-1\",\"cardSource\":\"MANUAL_ENTERED\",\"encryptedCardData\":\"$f\"," \
          "\"tokenizationConsent\":{\"userConsent\":1},\"userInfo\":{\"custId\":\"" customer "\"}")

#define ADMIN "Authorization: Bearer a-token-for-tests\n"
#define ADMIN_GET(path) "GET " path "\n" ADMIN
#define ADMIN_POST(path) "POST " path "\n" ADMIN "\n"
