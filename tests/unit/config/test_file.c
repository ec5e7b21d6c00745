/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file: what is accepted, and every error with its line and its words. Each test
 * writes a file of its own in a directory of its own.
 */
#include "config/config.h"
#include "config/wire.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64], path[80];
static struct config *config;
static struct config_report report;

static void make_directory(void)
{
	strcpy(directory, "/tmp/pktgend-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/conf", directory);
}

static void write_file(const void *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static int load_bytes(const void *bytes, size_t len)
{
	make_directory();
	write_file(bytes, len);
	config = NULL;
	return config_load(path, &config, &report);
}

static int load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static void finish(void)
{
	config_free(config);
	config_report_fini(&report);
	unlink(path);
	rmdir(directory);
}

static void load_good(const char *text)
{
	int rc = load(text);

	ck_assert_msg(rc == 0, "%s", report.count ? report.lines[0] : "no report");
	ck_assert_uint_eq(report.count, 0);
	ck_assert_ptr_nonnull(config);
}

/* Exactly these errors in this order, each "LINE: …"; ends with NULL. */
static void expect_errors_of(const void *bytes, size_t len, const char *const *expected)
{
	size_t count = 0;

	ck_assert_int_eq(load_bytes(bytes, len), -EINVAL);
	ck_assert_ptr_null(config);
	for (; expected[count]; count++) {
		char line[1024];

		ck_assert_msg(count < report.count, "not reported: %s", expected[count]);
		snprintf(line, sizeof(line), "%s:%s", path, expected[count]);
		ck_assert_str_eq(report.lines[count], line);
	}
	ck_assert_msg(report.count == count, "one too many: %s", report.lines[count]);
	finish();
}

#define expect_errors(text, ...) \
	expect_errors_of(text, strlen(text), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(an_empty_file_gives_the_defaults)
{
	load_good("");
	ck_assert_uint_eq(config->port_count, 0);
	ck_assert_uint_eq(config->flow_count, 0);
	ck_assert_str_eq(config->daemon.socket, WIRE_SOCKET_DEFAULT);
	ck_assert_str_eq(config->daemon.metrics, WIRE_METRICS_DEFAULT);
	finish();
	load_good("\n# remark\n; remark\n   ; remark\n[daemon]\n");
	finish();
}
END_TEST

START_TEST(everything_finds_its_place)
{
	load_good("[daemon]\n"
		  "socket = /run/pktgend/control.sock\n"
		  "group = pktgend            ; may read; members of admin-group may change\n"
		  "metrics = [::1]:9999\n"
		  "status-interval = 2s      ; a line in the log; 0 = never\n"
		  "\n"
		  "[port p0]\n"
		  "location = packet:eth1\n"
		  "cpu = 1                    ; default: auto\n"
		  "pool-objects = 2048\n"
		  "rate-limit = 1Mpps\n"
		  "[port p1]\n"
		  "location=null:\n"
		  "\n"
		  "[flow hello]\n"
		  "port = p1\n"
		  "size = 64\n"
		  "dst-mac = 02:00:00:00:00:0b\n"
		  "src-ip = 10.0.0.1\n"
		  "dst_ip = 10.0.0.2\n"
		  "rate = 100kpps\n"
		  "autostart = yes");
	ck_assert_str_eq(config->daemon.group, "pktgend");
	ck_assert_str_eq(config->daemon.metrics, "[::1]:9999");
	ck_assert_uint_eq(config->daemon.status_interval_ns, 2000000000);
	ck_assert_uint_eq(config->port_count, 2);
	ck_assert_str_eq(config->ports[0].name, "p0");
	ck_assert_str_eq(config->ports[0].location, "packet:eth1");
	ck_assert_int_eq(config->ports[0].cpu, 1);
	ck_assert_uint_eq(config->ports[0].pool_objects, 2048);
	ck_assert_int_eq(config->ports[0].rate_limit.unit, RATE_PPS);
	ck_assert_str_eq(config->ports[1].location, "null:");
	ck_assert_uint_eq(config->ports[1].pool_objects, 1024);
	ck_assert_uint_eq(config->flow_count, 1);
	ck_assert_str_eq(config->flows[0].name, "hello");
	ck_assert_str_eq(config->flows[0].port, "p1");
	ck_assert_uint_eq(config->flows[0].frame.size, 64);
	ck_assert_uint_eq(config->flows[0].frame.src_ip.first, 0x0a000001);
	ck_assert_uint_eq(config->flows[0].frame.dst_ip.first, 0x0a000002);
	ck_assert(config->flows[0].autostart);
	finish();
}
END_TEST

START_TEST(layout_is_free)
{
	load_good("\xef\xbb\xbf[ port   p0 ] ; remark\r\n"
		  "\tlocation : null: \r\n"
		  "    cpu=2\r\n"
		  "      queues = 3 ; not the rest of cpu\r\n"
		  "[flow f]# remark\r\n"
		  "port=p0\r\n");
	ck_assert_str_eq(config->ports[0].name, "p0");
	ck_assert_str_eq(config->ports[0].location, "null:");
	ck_assert_int_eq(config->ports[0].cpu, 2);
	ck_assert_uint_eq(config->ports[0].queues, 3);
	ck_assert_str_eq(config->flows[0].port, "p0");
	finish();
}
END_TEST

START_TEST(flows_may_stand_before_their_ports)
{
	load_good("[flow f]\nport = p0\n[port p0]\nlocation = null:\n");
	finish();
	/* one port, or none yet: nothing to choose */
	load_good("[flow f]\n[port p0]\nlocation = null:\n");
	ck_assert_str_eq(config->flows[0].port, "");
	finish();
	load_good("[flow f]\n");
	finish();
}
END_TEST

START_TEST(unknown_words_are_errors)
{
	expect_errors("[prot p0]\nanything = goes\n[port p0]\nlocatoin = null:\nlocation = null:\n"
		      "[x]\n[flow f]\nsice = 60\nz = 1\n[daemon]\nsokcet = x\n",
		"1: unknown section [prot p0] (did you mean [port p0]?)",
		"4: locatoin: no such setting of a port (did you mean \"location\"?)",
		"6: unknown section [x] (there are [daemon], [port NAME] and [flow NAME])",
		"8: sice: no such setting of a flow (did you mean \"size\"?)",
		"9: z: no such setting of a flow",
		"11: sokcet: no such setting of the daemon (did you mean \"socket\"?)");
}
END_TEST

START_TEST(bad_values_are_errors)
{
	expect_errors("[daemon]\nstatus-interval = often\nmetrics = 10478\n"
		      "[port p0]\nlocation = packet: eth0\n"
		      "[flow f]\nsize = 59\nrate = ; empty\nbuild=cpoy\ndst-ip = 10.0.0.256\n",
		"2: status-interval: \"often\" is not a time (write 10s, 1500ms or 2m)",
		"3: metrics: \"10478\" is not an address with a port "
		"(write 127.0.0.1:10478, [::1]:10478 or none)",
		"5: location: \"packet: eth0\" is not one word without blanks",
		"7: size: \"59\" is not a whole number from 60 to 65549",
		"8: rate: a value is missing",
		"9: build: \"cpoy\" is not generate, copy or zerocopy (did you mean \"copy\"?)",
		"10: dst-ip: \"10.0.0.256\" is not an IPv4 address "
		"(write 10.0.0.1, 10.0.0.1-10.0.0.9 or random(10.0.0.1-10.0.0.9,1))");
}
END_TEST

START_TEST(lines_that_say_nothing_are_errors)
{
	expect_errors("size = 60\nrate\n[daemon]\nsocket\nmetrics ; = none\n= none\n"
		      "[port p0\n[port p1] location = null:\nlocation = null:\nend",
		"1: \"size\" stands before the first section",
		"2: neither KEY = VALUE nor [SECTION]", "4: neither KEY = VALUE nor [SECTION]",
		"5: neither KEY = VALUE nor [SECTION]", "6: no such setting of the daemon",
		"7: the section's \"]\" is missing",
		"8: \"location = null:\" after the section's \"]\"",
		"10: neither KEY = VALUE nor [SECTION]");
}
END_TEST

START_TEST(section_names_are_checked)
{
	expect_errors("[port]\n[flow ]\n[daemon x]\n[]\n[port p/0]\nlocation = null:\nqueues = 0\n"
		      "[flow a b]\n[flow a2345678901234567890123456789012]\n[Port p0]\n",
		"1: [port] needs a name: [port NAME]", "2: [flow] needs a name: [flow NAME]",
		"3: [daemon] takes no name",
		"4: unknown section [] (there are [daemon], [port NAME] and [flow NAME])",
		"5: name: \"p/0\" is not a name "
		"(1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit)",
		"7: queues: \"0\" is not a whole number from 1 to 16",
		"8: name: \"a b\" is not a name "
		"(1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit)",
		"9: name: \"a2345678901234567890123456789012\" is not a name "
		"(1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit)",
		"10: unknown section [Port p0] (did you mean [port p0]?)");
}
END_TEST

START_TEST(repetitions_are_errors)
{
	expect_errors("[port p0]\nlocation = null:\nlocation = null:\nname = p1\n"
		      "[flow p0]\nsrc-mac = x\nsrc_mac = 02:00:00:00:00:01\n"
		      "[port p0]\nlocation = null:\ncpu = x\n"
		      "[daemon]\n[daemon]\nsocket=\n[flow p0]\n",
		"3: location: given before, at line 2", "4: name: given before, at line 1",
		"6: src-mac: \"x\" is not a MAC address (write 02:00:00:00:00:01, "
		"02:00:00:00:00:01-02:00:00:00:00:09 or "
		"random(02:00:00:00:00:01-02:00:00:00:00:09,1))",
		"7: src_mac: given before, at line 6",
		"8: the section [port p0] was there before, at line 1",
		"10: cpu: \"x\" is not a whole number from 0 to 1023 or auto",
		"12: the section [daemon] was there before, at line 11",
		"13: socket: a value is missing",
		"14: the section [flow p0] was there before, at line 5");
}
END_TEST

START_TEST(sections_are_checked_as_a_whole)
{
	expect_errors("[port p0]\ncpu = 1\n[port p1]\n"
		      "[flow a]\nport = p0\nsrc-ip = 10.0.0.1\ndst-ip = 2001:db8::1\n"
		      "[flow b]\nport = p0\nvlan-priority = 3\n"
		      "[flow c]\nport = p0\nmetrics = yes\nvlan = 5\n",
		"1: location: this setting is missing "
		"(say where the port is, such as packet:eth0)",
		"3: location: this setting is missing "
		"(say where the port is, such as packet:eth0)",
		"7: dst-ip: src-ip is IPv4 but dst-ip is IPv6 "
		"(give both in the same version, or leave one out)",
		"10: vlan-priority: there is no VLAN tag to carry it (give a vlan as well)",
		"11: size: a frame of 60 bytes has no room for a VLAN tag, IPv4, UDP and the "
		"signature (--size 62 or more)");
}
END_TEST

START_TEST(a_bad_value_is_blamed_once)
{
	expect_errors("[port p0]\nlocation = a b\n[port p1]\nlocation = null:\n"
		      "[flow f]\nport = p 0\nmetrics = yes\nvlan = 5\nsize = 1\n",
		"2: location: \"a b\" is not one word without blanks",
		"6: port: \"p 0\" is not a name "
		"(1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit)",
		"9: size: \"1\" is not a whole number from 60 to 65549");
}
END_TEST

START_TEST(flows_need_their_ports)
{
	expect_errors("[flow a]\n[port east]\nlocation = null:\n[port west]\nlocation = null:\n"
		      "[flow b]\nport = esat\n[flow c]\nsize = 60\nport = p9\n",
		"1: port: this setting is missing (there are several ports: add port = east)",
		"7: port: there is no port \"esat\" (did you mean \"east\"?)",
		"10: port: there is no port \"p9\" (add a section [port p9])");
}
END_TEST

START_TEST(lines_have_a_greatest_length)
{
	char text[512];

	/* 198 bytes pass, with blanks, remark and without the end of the line */
	snprintf(text, sizeof(text), "[daemon]\n%-198s\r\n[port p0]\nlocation=null:\n",
		"group = g ; remark");
	load_good(text);
	ck_assert_str_eq(config->daemon.group, "g");
	finish();
	snprintf(text, sizeof(text), "[daemon]\n%-199s\nsocket = x y\n%-199s", "group = g",
		"; remark");
	expect_errors(text, "2: the line has 199 bytes, more than 198",
		"3: socket: \"x y\" is not one word without blanks",
		"4: the line has 199 bytes, more than 198");
}
END_TEST

START_TEST(values_of_any_length_that_fits_arrive_whole)
{
	char text[512], location[CONFIG_LOCATION_SIZE];

	memset(location, 'x', sizeof(location) - 1);
	location[sizeof(location) - 1] = '\0';
	snprintf(text, sizeof(text), "[port p0]\nlocation = %s\n", location);
	load_good(text);
	ck_assert_str_eq(config->ports[0].location, location);
	finish();
}
END_TEST

START_TEST(bytes_that_are_no_text_are_errors)
{
	static const char text[] = "[daemon]\n\0\ngroup = a\0b\ngroup = \xff\n\xc3\ngroup = "
				   "\xc3\xa4; \xed\xa0\x80\n# \xfe\n\x7f"
				   "ELF\n";
	static const char *const expected[] = {"2: a NUL byte in the line",
		"3: a NUL byte in the line", "4: invalid UTF-8 at byte 9 of the line",
		"5: invalid UTF-8 at byte 1 of the line", "6: invalid UTF-8 at byte 13 of the line",
		"7: invalid UTF-8 at byte 3 of the line", "8: neither KEY = VALUE nor [SECTION]",
		NULL};

	expect_errors_of(text, sizeof(text) - 1, expected);
}
END_TEST

/* max sections pass, and one more does not; its settings are judged all the same. */
static void expect_limit(const char *word, const char *setting, unsigned max)
{
	static char text[64 * (WIRE_FLOWS_MAX + 2)];
	char lines[2][80];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < max; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "[%s n%u]\n%s\n", word, i, setting);
	load_good(text);
	ck_assert_uint_eq(config->port_count + config->flow_count, max);
	finish();
	snprintf(text + len, sizeof(text) - len, "[%s more]\nname\n", word);
	snprintf(lines[0], sizeof(lines[0]), "%u: more than %u sections [%s NAME]", 2 * max + 1,
		max, word);
	snprintf(lines[1], sizeof(lines[1]), "%u: neither KEY = VALUE nor [SECTION]", 2 * max + 2);
	expect_errors(text, lines[0], lines[1]);
}

START_TEST(ports_and_flows_are_limited)
{
	expect_limit("port", "location = null:", WIRE_PORTS_MAX);
	expect_limit("flow", "size = 60", WIRE_FLOWS_MAX);
}
END_TEST

START_TEST(the_report_is_bounded)
{
	static char text[4000];

	memset(text, 'x', sizeof(text));
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '\n';
	ck_assert_int_eq(load_bytes(text, sizeof(text)), -EINVAL);
	ck_assert_uint_eq(report.count, 1001);
	ck_assert_str_eq(report.lines[1000], "too many errors: the rest is not reported");
	finish();
}
END_TEST

START_TEST(a_file_must_be_there)
{
	ck_assert_int_eq(config_load("/nonexistent/conf", &config, &report), -ENOENT);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(
		report.lines[0], "/nonexistent/conf: cannot be opened: No such file or directory");
	config_report_fini(&report);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_ptr_null(report.lines);
	ck_assert_int_eq(config_load("/", &config, &report), -EISDIR);
	ck_assert_str_eq(report.lines[0], "/: is a directory");
	config_report_fini(&report);
}
END_TEST

START_TEST(what_never_ends_is_refused)
{
	char line[256];

	load_good("");
	ck_assert_int_eq(truncate(path, 1024 * 1024), 0);
	config_free(config);
	config = NULL;
	/* a MiB of zeros is read, and is no text */
	ck_assert_int_eq(config_load(path, &config, &report), -EINVAL);
	snprintf(line, sizeof(line), "%s:1: a NUL byte in the line", path);
	ck_assert_str_eq(report.lines[0], line);
	config_report_fini(&report);
	ck_assert_int_eq(truncate(path, INT64_C(1) << 30), 0);
	ck_assert_int_eq(config_load(path, &config, &report), -EFBIG);
	snprintf(line, sizeof(line), "%s: is larger than 1048576 bytes", path);
	ck_assert_str_eq(report.lines[0], line);
	finish();
	ck_assert_int_eq(config_load("/dev/zero", &config, &report), -EFBIG);
	config_report_fini(&report);
	ck_assert_int_eq(config_load("/dev/null", &config, &report), 0);
	finish();
}
END_TEST

START_TEST(pipes_are_refused_without_waiting)
{
	char line[256];

	make_directory();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	config = NULL;
	ck_assert_int_eq(config_load(path, &config, &report), -EINVAL);
	snprintf(line, sizeof(line), "%s: is not a regular file", path);
	ck_assert_str_eq(report.lines[0], line);
	finish();
}
END_TEST

/* "# [section]" or "# key = value". */
static bool is_commented_out(const char *line)
{
	return strncmp(line, "# ", 2) == 0 && (line[2] == '[' || strstr(line, " = "));
}

/* automake says in srcdir where the sources are. */
static void load_shipped(const char *name, bool uncomment)
{
	const char *top = getenv("srcdir");
	char text[8192] = "", line[256];
	FILE *file;

	snprintf(text, sizeof(text), "%s/etc/%s", top ? top : ".", name);
	file = fopen(text, "r");
	ck_assert_msg(file != NULL, "%s cannot be opened", text);
	text[0] = '\0';
	while (fgets(line, sizeof(line), file))
		strncat(text, line + (uncomment && is_commented_out(line) ? 2 : 0),
			sizeof(text) - strlen(text) - 1);
	fclose(file);
	load_good(text);
}

START_TEST(the_shipped_file_is_safe_and_its_examples_are_valid)
{
	load_shipped("pktgend.conf", false);
	ck_assert_uint_eq(config->port_count, 0);
	ck_assert_uint_eq(config->flow_count, 0);
	finish();
	load_shipped("pktgend.conf", true);
	ck_assert_uint_eq(config->port_count, 1);
	ck_assert_str_eq(config->ports[0].name, "p0");
	ck_assert_uint_eq(config->flow_count, 1);
	ck_assert_str_eq(config->flows[0].name, "hello");
	ck_assert_str_eq(config->daemon.group, "pktgend");
	ck_assert_str_eq(config->daemon.metrics, WIRE_METRICS_DEFAULT);
	ck_assert_uint_eq(config->daemon.status_interval_ns, UINT64_C(10000000000));
	finish();
}
END_TEST

START_TEST(the_demo_sends_on_p0_and_receives_on_p1)
{
	load_shipped("demo.conf", false);
	ck_assert_uint_eq(config->port_count, 2);
	ck_assert_str_eq(config->ports[0].name, "p0");
	ck_assert_str_eq(config->ports[0].location, "packet:p0");
	ck_assert_str_eq(config->ports[1].name, "p1");
	ck_assert_str_eq(config->ports[1].location, "packet:p1");
	ck_assert_uint_eq(config->flow_count, 1);
	ck_assert_str_eq(config->flows[0].name, "hello");
	ck_assert_str_eq(config->flows[0].port, "p0");
	ck_assert_uint_eq(config->flows[0].frame.size, 60);
	ck_assert_int_eq(config->flows[0].rate.unit, RATE_PPS);
	ck_assert_uint_eq(config->flows[0].rate.value_milli, 200000000);
	ck_assert(!config->flows[0].autostart);
	ck_assert_str_eq(config->daemon.metrics, "127.0.0.1:10478");
	ck_assert_uint_eq(config->daemon.status_interval_ns, 2000000000);
	finish();
}
END_TEST

UNIT_SUITE("config/file", an_empty_file_gives_the_defaults, everything_finds_its_place,
	layout_is_free, flows_may_stand_before_their_ports, unknown_words_are_errors,
	bad_values_are_errors, lines_that_say_nothing_are_errors, section_names_are_checked,
	repetitions_are_errors, sections_are_checked_as_a_whole, a_bad_value_is_blamed_once,
	flows_need_their_ports, lines_have_a_greatest_length,
	values_of_any_length_that_fits_arrive_whole, bytes_that_are_no_text_are_errors,
	ports_and_flows_are_limited, the_report_is_bounded, a_file_must_be_there,
	what_never_ends_is_refused, pipes_are_refused_without_waiting,
	the_shipped_file_is_safe_and_its_examples_are_valid,
	the_demo_sends_on_p0_and_receives_on_p1)
