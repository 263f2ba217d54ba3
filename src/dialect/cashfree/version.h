/* version.h: the API versions that are spoken, and what differs between them (reference 2.15). */
#pragma once

#include "base/span.h"

/* In order of time, so that "from 2023-08-01 on" is a comparison. UNKNOWN is older than all. */
enum api_version {
    API_UNKNOWN, API_2021_05_21, API_2022_01_01, API_2022_09_01, API_2023_08_01, API_2025_01_01, API_2026_01_01,
    API_VERSIONS
};

enum { API_VERSION_LIST = 96 };       /* bytes that hold the names of all versions */

/* The version of that exact name; API_UNKNOWN for any other text, and for an absent one. */
enum api_version api_version_of(struct span text);

/* "2025-01-01"; "" for API_UNKNOWN. A constant string. */
const char *api_version_name(enum api_version v);

/* Append the names of all versions, separated by spaces. */
void api_version_list(struct buf *out);

/* Are ids printed as JSON numbers (before 2023-08-01)? */
static inline bool api_has_number_ids(enum api_version v) { return v < API_2023_08_01; }
/* Does the order show URLs of its payments, refunds and settlements (before 2023-08-01)? */
static inline bool api_has_sub_urls(enum api_version v) { return v < API_2023_08_01; }
/* Does the order show order_token and payment_link (before 2022-09-01)? */
static inline bool api_has_order_token(enum api_version v) { return v < API_2022_09_01; }
/* Does the order show payment_session_id (all but the first)? */
static inline bool api_has_session(enum api_version v) { return v > API_2021_05_21; }
/* Does the order show products (from 2025-01-01 on)? */
static inline bool api_has_products(enum api_version v) { return v >= API_2025_01_01; }
/* Do errors carry `help` (from 2025-01-01 on)? */
static inline bool api_has_help(enum api_version v) { return v >= API_2025_01_01; }
/* Is there an order status TERMINATED (from 2023-08-01 on)? */
static inline bool api_has_termination(enum api_version v) { return v >= API_2023_08_01; }
/* Must an order name its customer (before 2026-01-01)? */
static inline bool api_needs_customer(enum api_version v) { return v < API_2026_01_01; }
/* May a phone number be an international one that begins with '+' (from 2026-01-01 on)? */
static inline bool api_has_foreign_phones(enum api_version v) { return v >= API_2026_01_01; }
