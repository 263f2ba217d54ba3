/* softhsm_bed.h: a SoftHSM token in a folder of its own, for tests that ask a real PKCS#11 library. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyholder/hsm.h"

#define SOFTHSM_PIN "pin-of-the-test"

static char hsm_dir[64], hsm_pin[96];

/* Debian's package has it at the first; others of the field at the rest. */
static const char *softhsm_module(void)
{
    static const char *const at[] = {
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    };

    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (access(at[i], R_OK) == 0)
            return at[i];
    return "softhsm2 is not installed";
}

/* Its exit status; what it says is of no interest. */
static inline int softhsm_run(char *const argv[])
{
    extern char **environ;
    posix_spawn_file_actions_t quiet;
    pid_t pid = 0;
    int status = -1;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) == 0)
        (void)waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&quiet);
    return status;
}

static inline int softhsm_token(const char *label)
{
    char name[40];

    snprintf(name, sizeof name, "%s", label);
    return softhsm_run((char *[]){ (char []){ "softhsm2-util" }, (char []){ "--init-token" }, (char []){ "--free" },
                                   (char []){ "--label" }, name, (char []){ "--so-pin" }, (char []){ "so-pin-of-it" },
                                   (char []){ "--pin" }, (char []){ SOFTHSM_PIN }, NULL });
}

static inline int softhsm_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* A folder with the token "vault" and a PIN file. */
static inline int softhsm_setup(void **state)
{
    char tokens[96], conf[96], text[256];

    (void)state;
    snprintf(hsm_dir, sizeof hsm_dir, "/tmp/tijori-hsm-XXXXXX");
    if (!mkdtemp(hsm_dir))
        return -1;
    snprintf(tokens, sizeof tokens, "%s/tokens", hsm_dir);
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", hsm_dir);
    snprintf(hsm_pin, sizeof hsm_pin, "%s/pin", hsm_dir);
    snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
    setenv("SOFTHSM2_CONF", conf, 1);
    return mkdir(tokens, 0700) != 0 || softhsm_write(conf, text) || softhsm_write(hsm_pin, SOFTHSM_PIN "\n")
                                    || softhsm_token("vault");
}

static inline int softhsm_teardown(void **state)
{
    (void)state;
    return softhsm_run((char *[]){ (char []){ "rm" }, (char []){ "-rf" }, hsm_dir, NULL });
}
