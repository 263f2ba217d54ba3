/* banned.h: calls this code base does not make. Include it last in every .c file.
 *
 * Unbounded writes, parsers that cannot fail, functions with hidden shared state, and the C library's calendar
 * (base/isotime.h has its own, which knows no time zone files). Using one of them does not compile. */
#pragma once

#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof sscanf
#pragma GCC poison strtok rand srand drand48 tmpnam mktemp
#pragma GCC poison gmtime gmtime_r localtime localtime_r mktime ctime asctime
#pragma GCC poison setlocale popen
