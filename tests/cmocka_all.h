/* This module is cmocka with the headers it wants first, so that a test includes one line. */
#ifndef HM_TESTS_CMOCKA_ALL_H
#define HM_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
