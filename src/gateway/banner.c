/* banner.c: the first thing a user reads. */
#include "gateway/banner.h"

#include <stdio.h>

#include "base/banned.h"

static void print_commands(const struct parts *p);

void banner_print(const struct parts *p)
{
    bool sandbox = p->services.mode == MODE_SANDBOX;

    printf("\nTijori " TIJORI_VERSION " is ready (%s)\n\n", sandbox ? "sandbox: loopback only, demo merchant, no real money" : "live");
    printf("  Base URL      %s\n", p->base_url);
    printf("  Admin URL     %s   (/healthz /readyz /metrics, and `tijori merchant`)\n", p->admin_url);
    printf("  Credentials   %s\n", p->folder.credentials);
    printf("  Journal       %s\n", p->folder.journal);
    if (sandbox)
        print_commands(p);
    fflush(stdout);
}

/* The commands read the secret from the credentials file, so that none is printed to a terminal's history. */
static void print_commands(const struct parts *p)
{
    printf("\nPaste these into another terminal, from this folder.\n\n"
           "1. Mint an order token:\n\n"
           "  eval \"$(sed -n 's/.*\"client_id\":\"\\([^\"]*\\)\",\"client_secret\":\"\\([^\"]*\\)\".*/ID=\\1 SECRET=\\2/p' '%s')\"\n"
           "  curl -s %s/api/v2/cftoken/order -H 'Content-Type: application/json' \\\n"
           "    -H \"x-client-id: $ID\" -H \"x-client-secret: $SECRET\" \\\n"
           "    -d '{\"orderId\":\"Order0001\",\"orderAmount\":1,\"orderCurrency\":\"INR\"}'\n\n",
           p->folder.credentials, p->base_url);
    printf("2. Create an order:\n\n"
           "  curl -s %s/pg/orders -H 'Content-Type: application/json' -H 'x-api-version: 2025-01-01' \\\n"
           "    -H \"x-client-id: $ID\" -H \"x-client-secret: $SECRET\" \\\n"
           "    -d '{\"order_id\":\"order-1\",\"order_amount\":10.15,\"order_currency\":\"INR\",\n"
           "         \"customer_details\":{\"customer_id\":\"cust-1\",\"customer_phone\":\"9908734801\"}}'\n\n",
           p->base_url);
    printf("3. Fetch it:\n\n"
           "  curl -s %s/pg/orders/order-1 -H 'x-api-version: 2025-01-01' \\\n"
           "    -H \"x-client-id: $ID\" -H \"x-client-secret: $SECRET\"\n\n"
           "Stop with Ctrl-C.\n", p->base_url);
}
