/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/format: the name decides. */
#include "capture/format.h"
#include "unit.h"

START_TEST(the_suffix_decides)
{
	ck_assert_ptr_eq(capture_format_of("/tmp/a.pcap"), &capture_pcap);
	ck_assert_ptr_eq(capture_format_of(".pcap"), &capture_pcap);
	ck_assert_ptr_eq(capture_format_of("/tmp/a.pcapng"), &capture_pcapng);
	ck_assert_ptr_eq(capture_format_of("/tmp/a.pcap/b"), &capture_pcapng);
	ck_assert_ptr_eq(capture_format_of("/tmp/a"), &capture_pcapng);
	ck_assert_ptr_eq(capture_format_of("pcap"), &capture_pcapng);
	ck_assert_ptr_eq(capture_format_of(""), &capture_pcapng);
}
END_TEST

UNIT_SUITE("capture/format", the_suffix_decides)
