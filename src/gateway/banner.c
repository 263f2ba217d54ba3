/* banner.c: the first thing a user reads. */
#include "gateway/banner.h"

#include <stdio.h>

#include "base/banned.h"

static void print_commands(const struct parts *p);

void banner_print(const struct parts *p)
{
    bool sandbox = p->services.mode == MODE_SANDBOX;

    printf("\nTijori " TIJORI_VERSION " is ready (%s)\n\n",
           sandbox ? "sandbox: loopback only, demo merchant, no real money" : "live");
    printf("  Base URL      %s\n", p->base_url);
    printf("  Admin URL     %s   (/healthz /readyz /metrics, and `tijori merchant`)\n", p->admin_url);
    printf("  Credentials   %s\n", p->folder.credentials);
    printf("  Journal       %s\n", p->folder.journal);
    if (sandbox)
        print_commands(p);
    fflush(stdout);
}

/* The secret stays in a file that curl reads, out of the terminal and its history. The order id is new at every
 * start, so that the commands work again on a folder that has seen them before. */
static void print_commands(const struct parts *p)
{
    const char *url = p->base_url, *conf = p->folder.curl;
    long long id = (long long)clock_now_ms(p->services.clock);

    printf("\nPaste these into another terminal, from this folder.\n\n"
           "1. Mint an order token:\n\n"
           "  curl -K '%s' %s/api/v2/cftoken/order \\\n"
           "    -d '{\"orderId\":\"token-%lld\",\"orderAmount\":1,\"orderCurrency\":\"INR\"}'\n\n", conf, url, id);
    printf("2. Create an order:\n\n"
           "  curl -K '%s' %s/pg/orders \\\n"
           "    -d '{\"order_id\":\"order-%lld\",\"order_amount\":10.15,\"order_currency\":\"INR\",\n"
           "         \"customer_details\":{\"customer_id\":\"cust-1\",\"customer_phone\":\"9908734801\"}}'\n\n",
           conf, url, id);
    printf("3. Fetch it:\n\n"
           "  curl -K '%s' %s/pg/orders/order-%lld\n\n"
           "Stop with Ctrl-C.\n", conf, url, id);
}
