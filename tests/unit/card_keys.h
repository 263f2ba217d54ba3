/* card_keys.h: the server's keys for cards, for tests: those of tests/vectors, worth nothing elsewhere. Making keys
 * would take longer than the tests. */
#pragma once

#include "keyholder/card_keys.h"
#include "keyholder/heart.h"
#include "keyholder/keyring.h"
#include "keyholder/rsa.h"

/* The key of jwe_clients.tsv. */
#define TEST_KEY_JWE \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCwwoYuRLGGkxiB\n" \
    "NBh+zf05eWSKwMlJ1wrTTa84A0gFtWzdtfxeA22x2zYS4UjAoPSoGC7yPjG3ZyZ1\n" \
    "8GhhAoaexZNMTQWls+OXOMFRJtPbRpLncgKfDhUS83meJpM1rtc0e20OqlxWIKkN\n" \
    "k/XZUDoaH8lO+XnKs0cFYIGLjfAOMTu6Hsb2KjPEWuI5BYm9i0JzMU3/SKzMb2Ys\n" \
    "+xAxwKKm4PiEwCYEMS5mET6HD2HqXvEmvjvAjLqXmzxxLF1xHD4jNptX9JJb4TF6\n" \
    "igns5GFljo0oD9YH7kPuejQNL3s+48rnNuuAX6AyLq5Zly5O4bh0sJOMiQjiuScK\n" \
    "xk705IjvAgMBAAECggEALDM4YnGDAufdhNGGHo9b9vdIEPpMW06Owm/2lMcdR3Aq\n" \
    "nPZY+RlaYNM0Hlx/WMvm4fHKK4Ep5XbBw1QuhbOf/ivhvX61Hs5w5uumS6it6XMo\n" \
    "YP+9cBCRbH+9tbJntVDXN6R1jOlE1bStEVwiagkJvmacbEcuEWXrKIkNW9xOXv2+\n" \
    "NTqQaV45iTPFxGSBqBte10aJvBSm2bNtYCRx/kLdepuhJTx/yaMhxRmtH8mPDpv0\n" \
    "e2gGc/eoMFtCKgY9+LxNLiqNv3WgmHEMBrr9VAEJy5cwG3+cZ8myQ/jfVUBcHyxh\n" \
    "6EveIzNXBsIuHe2mWpqSyR2lGtMIavRejayDa0u/oQKBgQDe2YHdkhsfmcMX4xrS\n" \
    "uWPfheUlDji06A7wYErF+GE40zbRgs17Sm4TiF8IG8Gr99P27FtkQHwdbp6BonAD\n" \
    "ahTe/N3GYJm6cZXFoIZcH6HxY/lny6+FNzH2uoyez6L4on/kNH4KeHbZOGj3iRNb\n" \
    "EgN4eodDNtLEHlMxRoiM0HCvcwKBgQDLDdb/MveaBITvouzOsDiGEIRxYg9cNLJU\n" \
    "YH/EtuQikjnPA/v2DIJBSl2izqzEoPQHTB+0QkwI0jRdP3OuldVanMJ+tLGCR18I\n" \
    "wRksOWI20qQloZ0dZlqLGWKws1ZggGOiZEaubsxv1tMSeloktsLsIKUvtd+1NWu/\n" \
    "X3fKJLcplQKBgBBw1Y7mL5AWRPlnLNxtBvw/oZcpRG+8SxXa1MlkOK/7jSjJ0KUO\n" \
    "6a4ROombmp84SnAGIfv0cfOt7I290Su/UMjeuPHgwJaruJP68s6rGsR3Trgko89d\n" \
    "Mhd0zdkNkoVrX6oTYVUebA48hin09/OZEZ56063WxpfncNXK0VoqKpYXAoGBAMhF\n" \
    "kztLirjnIjK1EDnfxzA7lFW8cQfxlb3xG7Pq62JJtSjAdj+9IK/C6E3O6MpbMbUM\n" \
    "2OxSw2mj4i/iiHe2oqNnn9GW6MllGY+p3Okog/0sjufq2esIa99sH1HG4Df4Cc0+\n" \
    "eBRNhef9C1vbP5Ociu6YWDSRft7cnLQ5Ng4zXlBtAoGBALupLen7vlDPXrKLUq7V\n" \
    "xhrbpy0MC2qL+DbB06k3gN2f7LyTsmjLwvLaAZKqHoPOCloirr6hPcOgdJv9D2lj\n" \
    "nAG0knjOjh5WNUCG6zEeRrPBQcJzeeeLxwb2bmr65kckOVqqOdrQb64GtRocC+EH\n" \
    "CwOPZCUvljntEHZSx7Hnd6ka\n" \
    "-----END PRIVATE KEY-----\n"

/* The key of jwe.tsv. */
#define TEST_KEY_RSA \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQC1U3hxqKKgTOYn\n" \
    "kDWSuPef6QYIasyM5UPHlHzJ4wAeLSQxQODi8Ybr9qDq5rK7JxkINn5H7B9YEJdL\n" \
    "HOG3o/7XKERlJpfd5EFPqSGh1w1Uykq/l1yqr2QWyrYNux31Yey4FAp/WJZpaFx5\n" \
    "7rdkF1wn4h+i6rN1CTp4u46r/XkCyvmNA91p5OJAWnNfMO6oaQT7vXMgCiwgsGqT\n" \
    "CWctzn+7Dht7lRRWef0sw/s6tJuneymSfffjB+zVuLlKKkRPeQCcopf/YW9L66sO\n" \
    "Lnh6pdV8jwPCja0/FTamhxyMYbtnziardkPi8iwfHj0qM8/JuJa6/XoY68rLLwmC\n" \
    "oJBzK/vdAgMBAAECggEADNJLPDgz0E4Xtnj1PNEiRgGnaPgfoMqDqtdbpTfiqyo/\n" \
    "JVIZ2hpA04Bj27BL4j1vFkb/fMJGwMai4roMVjH9BAWSI9fhLwdj5zLa+14LkIZh\n" \
    "rN9SULRoXqSJ+nm+ciUw5J7wKMCLbtvPsYSDyF/5fCLPtgij/19+GF7kxVG97oiW\n" \
    "Ru6/Nkcq0vqwaRPE+ZDTlc98jcLnnFbdDtmiC/yHPtm9yPdolv8Ts7xZuiEGI++H\n" \
    "8PFtet1WmwPUPoVlJVDVOcISKxJsHQ4C+/lplXf7JJ+t8BQ/HbAgTypmLZLJwuVf\n" \
    "Q9Se1AROeEN/+J7xUVzLLzehsNMMzbNv4WIh+UAKWQKBgQD/qc0/R+2nIxHCuD/K\n" \
    "Jv+w2/lnmDHhsxz8QRyVLRh9AYcdjDh1HZhdROCKBcD/VpOk+xmPrq50KxsWPV14\n" \
    "voq2RheTpuqTQC7rormwQEEjZNgNhAmqP0NMhwKxI7rUEK53dFIA49uyqUbSfFoT\n" \
    "8vnVkXB2pjHdJ0BIRMxoARewqQKBgQC1kJsEqXuvD6EHiyr6n0NEZAYKRiPxlYNo\n" \
    "L3rVFvvHXR7cYcStkB534P+kIfdnI0cyN2yYsQrsGZRKiUSsE0SwG9l6zlRCER3W\n" \
    "6Z0Rw034i2TSUnK6dIoTcnLDqSi5bGAtGkiZHyYZhvfrNELa5pRx8+D1xykwhV/p\n" \
    "Jo1nho9OFQKBgQClIK4xdiq4Lf11r/17eu7g82NGFtX4+e/5ubBVZZgQfWEgo4V/\n" \
    "l0rmyurgGtFJ2khoYcpjtCZ3X7QSDDaIG0GKcwEdW8zcqLLlfOfEP+wSiTrGmAaK\n" \
    "EGxOTFFfyj0MZW3aN6YTbxhib9UPdEPV6LSWzWY/LB6+wXBSfSUs86+yaQKBgQCu\n" \
    "z4Khc3jVLUwSUkjYMpz2bQNvwuZ6hESX/BbcsZtK8Pp0n2FY5oifTS91XQqx78Jt\n" \
    "s/VH8jWc6mffd9h5gLfCg53Z4mw3i/lZ4WVMI+mfYr54zc8OfIQwgyHCBs1h8dmL\n" \
    "s2Gwo8/wBgYPHCs+TYEhUfkHSnD6+X9FoMvGoES7nQKBgQDUmt9/CUkLZCJ74sMs\n" \
    "xnagWbSInOxmJRuskWA+wcQFmjsf7wvMl+BfKFU513IonAAYthhU7HXMy9DxVAbc\n" \
    "+ZX+57tCaRtV3kM2NntxHwavFt00vbvhf430Hp9uh9xTEv6WxEWa5Dm8v1P1AxYb\n" \
    "Efl0AfG4CKZhSIAEKJ79GgVouA==\n" \
    "-----END PRIVATE KEY-----\n"

/* Both read, for heart_new(), which then owns them. */
static inline struct heart_keys test_card_keys(void)
{
    struct heart_keys keys = { 0 };

    assert_int_equal(rsa_private_read(&keys.jwe, SPAN(TEST_KEY_JWE)), FAULT_NONE);
    assert_int_equal(rsa_private_read(&keys.rsa, SPAN(TEST_KEY_RSA)), FAULT_NONE);
    return keys;
}

/* The keys beside `key_file`, of the ring that stands for `master`. */
static inline enum fault card_keys_of_master(struct heart_keys *out, bool *made, const struct secret *master,
                                             const char *key_file)
{
    struct keyring *ring = NULL;
    enum fault f = keyring_of_master(&ring, master);

    if (!f)
        f = card_keys_of_ring(out, made, ring, key_file);
    keyring_free(ring);
    return f;
}
