/* banner.c: the first thing a user reads. */
#include "gateway/banner.h"

#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

static void print_orders(const struct parts *p);
static void print_cards(const struct parts *p);

void banner_print(const struct parts *p)
{
    bool sandbox = p->services.mode == MODE_SANDBOX;

    printf("\nTijori " TIJORI_VERSION " is ready (%s)\n\n",
           !sandbox ? "live" : p->options->expose ? "sandbox: everybody who reaches it can use it, no real money"
                                                  : "sandbox: loopback only, demo merchant, no real money");
    printf("  Base URL      %s\n", p->base_url);
    printf("  Admin URL     %s   (/healthz /readyz /metrics, and `tijori merchant`)\n", p->admin_url);
    printf("  Credentials   %s\n", p->folder.credentials);
    printf("  Journal       %s\n", p->folder.journal);
    if (geteuid() == 0)
        printf("  Runs as       root: give the data folder to a user of its own, and name that with --user\n");
    if (!sandbox && p->services.network)
        printf("\n  The card network is a simulation: a token of it is worth nothing in any shop.\n");
    if (!sandbox && p->services.acquirer)
        printf("\n  The acquirer is a simulation: what is paid through it moves no money.\n");
    if (sandbox) {
        print_orders(p);
        if (p->services.network)
            print_cards(p);
        printf("Stop with Ctrl-C.\n");
    }
    fflush(stdout);
}

void banner_print_sealed(const struct parts *p)
{
    printf("\nTijori " TIJORI_VERSION " is sealed: all is refused until its custodians have given their shares\n\n");
    printf("  Base URL      %s\n", p->base_url);
    printf("  Admin URL     %s   (/healthz, /metrics)\n", p->admin_url);
    printf("  Journal       %s\n", p->folder.journal);
    printf("  To unseal     tijori unseal --data '%s'%s%s%s   (each custodian once)\n\n", p->options->data,
           p->options->key_file[0] ? " --key-file '" : "", p->options->key_file, p->options->key_file[0] ? "'" : "");
    fflush(stdout);
}

/* The secret stays in a file that curl reads, out of the terminal and its history. The order id is new at every
 * start, so that the commands work again on a folder that has seen them before. */
static void print_orders(const struct parts *p)
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
           "  curl -K '%s' %s/pg/orders/order-%lld\n\n", conf, url, id);
}

/* Where this program is, so that the commands find it. */
static const char *own_path(char out[static FOLDER_PATH])
{
    ssize_t n = readlink("/proc/self/exe", out, FOLDER_PATH - 1);

    if (n <= 0 || n >= FOLDER_PATH - 1)
        return "tijori";
    out[n] = '\0';
    return out;
}

/* A card goes in through one API and is used through the other. The card number is a test card's. */
static void print_cards(const struct parts *p)
{
    const char *url = p->base_url, *conf = p->folder.juspay, *data = p->options->data;
    char path[FOLDER_PATH];
    const char *self = own_path(path);

    printf("4. Save a test card through the Juspay API:\n\n"
           "  card=$(echo '{\"cardNumber\":\"4111111111111111\",\"expMonth\":\"12\",\"expYear\":\"2039\"}' \\\n"
           "    | '%s' jwe encrypt --data '%s')\n", self, data);
    printf("  curl -K '%s' %s/generateToken \\\n"
           "    -d '{\"service\":\"NETWORK_TOKEN\",\"shouldSendToken\":true,\"cardData\":\"'$card'\",\n"
           "         \"orderData\":{\"consentId\":\"consent-1\",\"customerId\":\"cust-1\"}}' \\\n"
           "    | '%s' jwe decrypt --data '%s'\n\n", conf, url, self, data);
    printf("5. Get a cryptogram to pay with it through the Paytm API:\n\n"
           "  card=$(curl -K '%s' '%s/cards?customer_id=cust-1' | grep -o 'token_[0-9a-f]*' | head -n 1)\n"
           "  mid=$(grep -o 'TIJORI[0-9]*' '%s' | head -n 1) id=request-$(date +%%s%%N)\n"
           "  body='{\"mid\":\"'$mid'\",\"tokenIndexNumber\":\"'${card#token_}'\",\"paymentType\":\"ECOM\",\n"
           "    \"userInfo\":{\"custId\":\"cust-1\"}}'\n", conf, url, p->folder.credentials);
    printf("  sign=$(echo \"$body\" | '%s' paytm sign --data '%s')\n"
           "  curl -s -H 'Content-Type: application/json' -d '{\"body\":'\"$body\"',\"head\":{\"version\":\"v1\",\n"
           "    \"requestTimestamp\":\"'$(date +%%s)'\",\"requestId\":\"'$id'\",\"signatureType\":\"CHECKSUM\",\n"
           "    \"signature\":\"'$sign'\"}}' \\\n"
           "    \"%s/coft-center/coft/merchant/$mid/token/generateTokenData?requestId=$id\"\n\n", self, data, url);
}
