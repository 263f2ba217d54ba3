/* test_merchant_command.c: `tijori merchant` against a listener that says what we want to hear. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/admin_client.h"
#include "cli/merchant.h"
#include "cli/merchant_show.h"

#include "base/banned.h"

static char folder[] = "/tmp/tijori-merchant-XXXXXX";
static char heard[8192], said_out[8192], said_err[8192];

/* A listener that takes one request, keeps it in `heard`, and gives one answer. */
struct listener { int fd; unsigned port; const char *answer; pthread_t thread; };

static void *serve_one(void *arg)
{
    struct listener *l = arg;
    int fd = accept(l->fd, NULL, NULL);
    size_t n = 0;
    ssize_t got;

    while (fd >= 0 && n < sizeof heard - 1 && (got = read(fd, heard + n, sizeof heard - 1 - n)) > 0) {
        n += (size_t)got;
        heard[n] = '\0';
        char *body = strstr(heard, "\r\n\r\n"), *length = strstr(heard, "Content-Length: ");
        if (body && (!length || strlen(body + 4) >= strtoul(length + 16, NULL, 10)))
            break;
    }
    if (fd >= 0) {
        (void)!write(fd, l->answer, strlen(l->answer));
        (void)close(fd);
    }
    return NULL;
}

static void listener_open(struct listener *l, const char *answer)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;

    heard[0] = '\0';
    *l = (struct listener){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .answer = answer };
    assert_int_equal(bind(l->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(l->fd, 1), 0);
    assert_int_equal(getsockname(l->fd, (struct sockaddr *)&at, &n), 0);
    l->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&l->thread, NULL, serve_one, l), 0);
}

static void listener_close(struct listener *l)
{
    assert_int_equal(shutdown(l->fd, SHUT_RDWR), 0);
    assert_int_equal(pthread_join(l->thread, NULL), 0);
    assert_int_equal(close(l->fd), 0);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void path_in_folder(char out[static 128], const char *name)
{
    assert_true(snprintf(out, 128, "%s/%s", folder, name) < 128);
}

static void write_credentials(const char *name, unsigned port)
{
    char path[128], text[512];

    path_in_folder(path, name);
    (void)snprintf(text, sizeof text, "{\"base_url\":\"http://127.0.0.1:1\",\"cashfree\":{\"client_id\":\"c\"},"
                   "\"admin\":{\"url\":\"http://127.0.0.1:%u\",\"token\":\"tok-123\"}}", port);
    write_text(path, text);
}

static void read_back(FILE *f, char *out, size_t cap)
{
    size_t n;

    rewind(f);
    n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    assert_int_equal(fclose(f), 0);
}

/* Runs the command with both outputs kept in said_out and said_err. */
static int run_words(const char *const *words)
{
    char why[512];
    struct buf b = BUF(why);
    FILE *out = tmpfile(), *err = tmpfile();
    int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO), status;
    struct options o;

    assert_int_equal(options_read(&o, words, &b), FAULT_NONE);
    assert_true(fflush(stdout) == 0 && dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(err), STDERR_FILENO) >= 0);
    status = merchant_command(&o);
    assert_true(dup2(kept_out, STDOUT_FILENO) >= 0 && dup2(kept_err, STDERR_FILENO) >= 0);
    (void)close(kept_out);
    (void)close(kept_err);
    read_back(out, said_out, sizeof said_out);
    read_back(err, said_err, sizeof said_err);
    return status;
}
#define RUN(...) run_words((const char *const[]){ "merchant", __VA_ARGS__, "--data", folder, NULL })
#define ANSWER(status, body) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body

static void adding_prints_the_credentials_and_keeps_the_token_in_a_header(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("200 OK", "{\"merchant_id\":3,\"name\":\"Chai\",\"client_id\":\"TESTab\","
                                       "\"client_secret\":\"cfsk_x\"}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("add", "Cha\"i", "--currencies=INR,USD"), 0);
    listener_close(&l);
    assert_int_equal(strncmp(heard, "POST /admin/merchants HTTP/1.1\r\n", 32), 0);
    assert_non_null(strstr(heard, "Authorization: Bearer tok-123\r\n"));
    assert_non_null(strstr(heard, "\r\n\r\n{\"name\":\"Cha\\\"i\",\"currencies\":\"INR,USD\"}"));
    assert_non_null(strstr(said_out, "client id          TESTab\n"));
    assert_non_null(strstr(said_out, "client secret      cfsk_x\n"));
    assert_string_equal(said_err, "");
}

static void adding_prints_what_the_other_apis_need(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("200 OK", "{\"merchant_id\":3,\"client_id\":\"TESTab\",\"client_secret\":\"cfsk_x\","
        "\"juspay\":{\"api_key\":\"AB12\",\"server_public_key_pem\":\"-----BEGIN\\nMII\\u001b[1m\\n-----END\\n\"},"
        "\"paytm\":{\"mid\":\"TIJORI7\",\"merchant_key\":\"k@y\",\"client_id\":\"tijori\","
        "\"encryption_key_version\":\"v1\"},"
        "\"onboarding\":\"onboarded\"}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("add", "Chai"), 0);
    listener_close(&l);
    assert_non_null(strstr(said_out, "Juspay API key     AB12\n"));
    assert_non_null(strstr(said_out, "Paytm MID          TIJORI7\n"));
    assert_non_null(strstr(said_out, "Paytm merchant key k@y\n"));
    assert_non_null(strstr(said_out, "Paytm client id    tijori\n"));
    assert_non_null(strstr(said_out, "Paytm key version  v1\n"));
    assert_non_null(strstr(said_out, "card networks      onboarded\n"));
    assert_non_null(strstr(said_out, "\n-----BEGIN\nMII?[1m\n-----END\n"));      /* no escape reaches the terminal */
    assert_non_null(strstr(said_out, "shown this once"));
}

static void further_keys_are_asked_for_where_they_are_made(void **state)
{
    static const struct { const char *words[8], *line, *body, *answer, *shows; } calls[] = {
        { { "juspay-key", "7" }, "POST /admin/merchants/7/juspay-key ", "{\"replace\":false}",
          ANSWER("200 OK", "{\"merchant_id\":7,\"juspay\":{\"api_key\":\"AB12\"}}"), "Juspay API key     AB12\n" },
        { { "paytm-key", "7", "--client-id", "C11", "--key-version=v2", "--replace" },
          "POST /admin/merchants/7/paytm-key ", "{\"client_id\":\"C11\",\"encryption_key_version\":\"v2\","
          "\"replace\":true}",
          ANSWER("200 OK", "{\"merchant_id\":7,\"paytm\":{\"mid\":\"T7\",\"merchant_key\":\"k\"}}"),
          "Paytm merchant key k\n" },
        { { "onboard", "7", "--scheme", "rupay" }, "POST /admin/merchants/7/onboard ", "{\"scheme\":\"rupay\"}",
          ANSWER("200 OK", "{\"merchant_id\":7,\"onboarding\":\"onboarded\"}"), "card networks      onboarded\n" },
        { { "origin", "7", "--origin", "https://shop.example" }, "POST /admin/merchants/7/origins ",
          "{\"origin\":\"https://shop.example\",\"remove\":false}",
          ANSWER("200 OK", "{\"merchant_id\":7,\"origin\":\"https://shop.example\",\"may_frame\":true}"),
          "may frame checkout https://shop.example\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const char *words[12] = { "merchant" };
        size_t n = 1;
        struct listener l;

        for (size_t w = 0; w < 8 && calls[i].words[w]; w++)
            words[n++] = calls[i].words[w];
        words[n++] = "--data";
        words[n] = folder;
        listener_open(&l, calls[i].answer);
        write_credentials("credentials.json", l.port);
        assert_int_equal(run_words(words), 0);
        listener_close(&l);
        assert_int_equal(strncmp(heard, calls[i].line, strlen(calls[i].line)), 0);
        assert_string_equal(strstr(heard, "\r\n\r\n") + 4, calls[i].body);
        assert_non_null(strstr(said_out, calls[i].shows));
    }
}

static void a_public_key_is_read_from_its_file(void **state)
{
    char path[128];
    struct listener l;

    (void)state;
    path_in_folder(path, "key.pem");
    write_text(path, "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n");
    listener_open(&l, ANSWER("200 OK", "{\"merchant_id\":7,\"juspay\":{\"key_id\":\"key_1\"}}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("public-key", "7", "--public-key", path), 0);
    listener_close(&l);
    assert_string_equal(strstr(heard, "\r\n\r\n") + 4,
        "{\"public_key_pem\":\"-----BEGIN PUBLIC KEY-----\\nMII\\n-----END PUBLIC KEY-----\\n\"}");
    assert_non_null(strstr(said_out, "public key id      key_1\n"));
    assert_null(strstr(said_out, "shown this once"));      /* a public key is no secret */

    write_text(path, "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n");
    assert_int_equal(RUN("public-key", "7", "--public-key", path), 2);
    assert_non_null(strstr(said_err, "key.pem holds a private key; register the public one"));

    (void)unlink(path);
    assert_int_equal(RUN("public-key", "7", "--public-key", path), 2);
    assert_non_null(strstr(said_err, "key.pem does not exist"));
}

static void listing_prints_a_table(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("200 OK",
        "{\"merchants\":[{\"merchant_id\":1,\"name\":\"Demo\",\"client_id\":\"TEST0001\",\"mid\":\"TIJORI1\","
        "\"currencies\":\"INR\","
        "\"disabled\":false,\"created_at\":\"2024-01-01T00:00:00+05:30\"},"
        "{\"merchant_id\":12,\"name\":\"चाय\","
        "\"client_id\":\"TEST2\",\"currencies\":\"INR,USD\",\"disabled\":true,"
        "\"created_at\":\"2024-01-02T00:00:00+05:30\"}]}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("list"), 0);
    listener_close(&l);
    assert_int_equal(strncmp(heard, "GET /admin/merchants HTTP/1.1\r\n", 31), 0);
    assert_string_equal(said_out,
        "ID  NAME  CLIENT ID  PAYTM MID  CURRENCIES  STATE     CREATED\n"
        "1   Demo  TEST0001   TIJORI1    INR         active    2024-01-01T00:00:00+05:30\n"
        "12  चाय   TEST2                 INR,USD     disabled  2024-01-02T00:00:00+05:30\n");
}

static void json_prints_the_answer_as_it_came(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("200 OK", "{\"merchants\": [ ]}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("list", "--json"), 0);
    listener_close(&l);
    assert_string_equal(said_out, "{\"merchants\": [ ]}\n");
}

static void rotating_sends_the_overlap_and_disabling_the_number(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("200 OK", "{\"merchant_id\":3,\"client_id\":\"T\",\"client_secret\":\"new\","
                                       "\"old_secret_valid_until\":\"2024-01-01T00:00:00+05:30\"}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("rotate-secret", "3", "--overlap", "60"), 0);
    listener_close(&l);
    assert_int_equal(strncmp(heard, "POST /admin/merchants/3/rotate-secret HTTP/1.1\r\n", 48), 0);
    assert_non_null(strstr(heard, "\r\n\r\n{\"overlap_seconds\":60}"));
    assert_non_null(strstr(said_out, "old secret valid until 2024-01-01T00:00:00+05:30\n"));

    listener_open(&l, ANSWER("200 OK", "{\"merchant_id\":3,\"disabled\":true}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("disable", "3"), 0);
    listener_close(&l);
    assert_int_equal(strncmp(heard, "POST /admin/merchants/3/disable HTTP/1.1\r\n", 42), 0);
    assert_string_equal(said_out, "disabled merchant 3\n");
}

static void a_refusal_gives_the_servers_reason_and_status_1(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("409 Conflict", "{\"error\":\"exists\",\"message\":\"the name is \\u001b[1mtaken\"}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("add", "Chai"), 1);
    listener_close(&l);
    assert_string_equal(said_out, "");
    assert_string_equal(said_err, "tijori merchant: refused: the name is ?[1mtaken\n");
}

static void an_answer_that_is_no_answer_is_status_1(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, ANSWER("502 Bad Gateway", "<html>"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("list"), 1);
    listener_close(&l);
    assert_string_equal(said_err, "tijori merchant: refused: the server answered with status 502\n");

    listener_open(&l, ANSWER("200 OK", "{}"));
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("list"), 1);
    listener_close(&l);
    assert_string_equal(said_err, "tijori merchant: the server's answer cannot be understood\n");
}

static void a_server_that_is_not_there_is_status_2(void **state)
{
    struct listener l;

    (void)state;
    listener_open(&l, "");
    listener_close(&l);               /* a port nobody listens on */
    write_credentials("credentials.json", l.port);
    assert_int_equal(RUN("list"), 2);
    assert_non_null(strstr(said_err, "tijori merchant: http://127.0.0.1:"));
}

static void the_live_servers_file_is_read_when_there_is_no_sandboxes(void **state)
{
    struct listener l;
    char path[128];

    (void)state;
    path_in_folder(path, "credentials.json");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(RUN("list"), 2);
    assert_non_null(strstr(said_err, "no admin token is in "));
    assert_non_null(strstr(said_err, "once it is unsealed"));
    assert_int_equal(run_words((const char *const[]){ "merchant", "list", "--data", "/nowhere", NULL }), 2);
    assert_non_null(strstr(said_err, "there is no server's data folder at /nowhere"));
    listener_open(&l, ANSWER("200 OK", "{\"merchants\":[]}"));
    write_credentials("admin.json", l.port);
    assert_int_equal(RUN("list"), 0);
    listener_close(&l);
    path_in_folder(path, "admin.json");
    assert_int_equal(unlink(path), 0);
}

static void address_and_token_can_be_given_without_a_data_folder(void **state)
{
    struct listener l;
    char path[128], url[64];

    (void)state;
    path_in_folder(path, "token");
    write_text(path, "from-a-file\n");
    listener_open(&l, ANSWER("200 OK", "{\"merchants\":[]}"));
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", l.port);
    assert_int_equal(RUN("list", "--admin-url", url, "--admin-token-file", path), 0);
    listener_close(&l);
    assert_non_null(strstr(heard, "Authorization: Bearer from-a-file\r\n"));
    assert_int_equal(strncmp(heard, "GET /admin/merchants HTTP/1.1\r\n", 31), 0);

    write_text(path, "\n");
    assert_int_equal(RUN("list", "--admin-url", url, "--admin-token-file", path), 2);
    assert_non_null(strstr(said_err, "cannot read a token from "));
    assert_int_equal(unlink(path), 0);
}

static void a_file_without_a_token_is_refused(void **state)
{
    char path[128];

    (void)state;
    path_in_folder(path, "admin.json");
    write_text(path, "{\"admin\":{\"url\":\"http://127.0.0.1:1\"}}");
    assert_int_equal(RUN("list"), 2);
    assert_non_null(strstr(said_err, "has no admin url and token in it"));
    assert_int_equal(unlink(path), 0);
}

static void a_token_goes_to_loopback_or_over_tls_only(void **state)
{
    (void)state;
    assert_true(admin_url_is_safe("http://127.0.0.1:8081"));
    assert_true(admin_url_is_safe("http://[::1]:8081"));
    assert_true(admin_url_is_safe("http://localhost:8081"));
    assert_true(admin_url_is_safe("https://vault.example:8081"));
    assert_true(admin_url_is_safe("unix:/run/tijori/admin.sock"));
    assert_false(admin_url_is_safe("unix:admin.sock"));
    assert_false(admin_url_is_safe("http://10.0.0.1:8081"));
    assert_false(admin_url_is_safe("http://127.evil.example"));
    assert_false(admin_url_is_safe("http://127.0.0.1@evil.example/"));
    assert_false(admin_url_is_safe("file:///etc/passwd"));
    assert_false(admin_url_is_safe("ftp://127.0.0.1/"));
    assert_false(admin_url_is_safe(""));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_prints_the_credentials_and_keeps_the_token_in_a_header),
        cmocka_unit_test(adding_prints_what_the_other_apis_need),
        cmocka_unit_test(further_keys_are_asked_for_where_they_are_made),
        cmocka_unit_test(a_public_key_is_read_from_its_file),
        cmocka_unit_test(listing_prints_a_table),
        cmocka_unit_test(json_prints_the_answer_as_it_came),
        cmocka_unit_test(rotating_sends_the_overlap_and_disabling_the_number),
        cmocka_unit_test(a_refusal_gives_the_servers_reason_and_status_1),
        cmocka_unit_test(an_answer_that_is_no_answer_is_status_1),
        cmocka_unit_test(a_server_that_is_not_there_is_status_2),
        cmocka_unit_test(the_live_servers_file_is_read_when_there_is_no_sandboxes),
        cmocka_unit_test(address_and_token_can_be_given_without_a_data_folder),
        cmocka_unit_test(a_file_without_a_token_is_refused),
        cmocka_unit_test(a_token_goes_to_loopback_or_over_tls_only),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
