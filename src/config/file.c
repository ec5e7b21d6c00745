/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the configuration file, with every error and its place.
 *
 * The file is read whole (it is small, or refused) and goes line by line through libinih, which
 * takes keys and values apart. inih does not tell its callback where it is, cuts long lines
 * silently and keeps quiet about empty sections; so its reader is ours: next_line() counts, refuses
 * what is no line of text, opens the sections itself, and notes when on_setting() did not hear of a
 * line that was handed over. Leading blanks are taken off, so that indented settings are settings
 * and not inih's continuation lines.
 *
 * A section is checked as a whole when the next one begins; flows look for their ports at the end.
 * Control thread, at start and reload.
 */
#include "config/config.h"
#include "config/setting.h"
#include "config/wire.h"
#include "util/utf8.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX   (1024 * 1024)
#define FILE_LINE_MAX   198 /* bytes */
#define FILE_ERRORS_MAX 1000
#define BLANKS          " \t\r\v\f"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
static_assert(FILE_LINE_MAX < INI_MAX_LINE, "inih has room for a line and its NUL");

enum section_kind { SECTION_DAEMON, SECTION_PORT, SECTION_FLOW, SECTION_KINDS };

static const char *const section_words[] = {
	[SECTION_DAEMON] = "daemon",
	[SECTION_PORT] = "port",
	[SECTION_FLOW] = "flow",
};
static_assert(sizeof(section_words) / sizeof(char *) == SECTION_KINDS, "a word each");

static const struct section_type {
	const struct setting_table *table;
	size_t max;
} section_types[] = {
	[SECTION_DAEMON] = {&setting_daemon_table, 1},
	[SECTION_PORT] = {&setting_port_table, WIRE_PORTS_MAX},
	[SECTION_FLOW] = {&setting_flow_table, WIRE_FLOWS_MAX},
};
static_assert(sizeof(section_types) / sizeof(section_types[0]) == SECTION_KINDS, "a type each");
static_assert(WIRE_PORTS_MAX <= WIRE_FLOWS_MAX, "file.places has room");

/* Where an accepted section is. */
struct place {
	char name[TEXT_NAME_SIZE]; /* "" for the daemon */
	unsigned line;
	unsigned port_line; /* of a flow's "port = "; 0: it has none */
};

/* The section that is being read. */
struct section {
	unsigned line;                    /* 0: before the first */
	const struct section_type *type;  /* NULL: unknown, its settings cannot be judged */
	struct place *place;              /* NULL: refused, its settings go to file.spare */
	void *target;                     /* the struct that its settings go to */
	unsigned lines[SETTING_ROWS_MAX]; /* where each setting was given; 0: not yet */
	uint64_t bad;                     /* a bit for each setting whose value was refused */
};

struct file {
	const char *path;
	char *text;
	size_t len, at;
	unsigned line;
	bool unheard; /* inih has a line that on_setting() has not seen */
	struct section section;
	struct place places[SECTION_KINDS][WIRE_FLOWS_MAX];
	size_t counts[SECTION_KINDS];
	union {
		struct config_daemon daemon;
		struct config_port port;
		struct config_flow flow;
	} spare;
	struct config *config;
	struct config_report *report;
	bool no_memory;
};

static bool is_over(const struct file *file)
{
	return file->no_memory || file->report->count >= FILE_ERRORS_MAX;
}

static void add_line(struct file *file, const char *text)
{
	struct config_report *report = file->report;
	char **lines = reallocarray(report->lines, report->count + 1, sizeof(*lines));
	char *copy = strdup(text);

	if (lines)
		report->lines = lines;
	if (lines && copy) {
		report->lines[report->count++] = copy;
	} else {
		free(copy);
		file->no_memory = true;
	}
}

/* "FILE:LINE: param: message (hint)"; line 0 stands for the file as a whole. */
static void report(struct file *file, unsigned line, const struct error *err)
{
	char text[PATH_MAX + sizeof(*err) + 32], number[16] = "";

	if (is_over(file))
		return;
	if (line)
		snprintf(number, sizeof(number), ":%u", line);
	snprintf(text, sizeof(text), "%s%s: %s%s%s%s%s%s", file->path, number, err->param,
		err->param[0] ? ": " : "", err->message, err->hint[0] ? " (" : "", err->hint,
		err->hint[0] ? ")" : "");
	add_line(file, text);
}

/* A message without a hint, about the line that was read last. */
static void __attribute__((format(printf, 2, 3)))
report_here(struct file *file, const char *format, ...)
{
	struct error err = {.reason = ERROR_INVALID};
	va_list arguments;

	va_start(arguments, format);
	text_format_line(err.message, sizeof(err.message), format, arguments);
	va_end(arguments);
	report(file, file->line, &err);
}

static void init_target(struct file *file, enum section_kind kind, void *target)
{
	if (kind == SECTION_DAEMON)
		config_daemon_init(target);
	else if (kind == SECTION_PORT)
		config_port_init(target);
	else
		config_flow_init(target);
	file->section.target = target;
}

/* Where the settings of the next accepted section of a kind go. */
static void *next_target(struct config *config, enum section_kind kind)
{
	if (kind == SECTION_DAEMON)
		return &config->daemon;
	if (kind == SECTION_PORT)
		return &config->ports[config->port_count++];
	return &config->flows[config->flow_count++];
}

static const struct place *find_place(
	const struct file *file, enum section_kind kind, const char *name)
{
	for (size_t i = 0; i < file->counts[kind]; i++)
		if (strcmp(file->places[kind][i].name, name) == 0)
			return &file->places[kind][i];
	return NULL;
}

/* Sets the name that the header gives; it counts as given there. 0 or -EINVAL, reported. */
static int set_name(struct file *file, const char *name)
{
	struct section *section = &file->section;
	struct error err;
	const struct setting *setting = setting_find(section->type->table, "name", &err);
	int rc = setting_read(setting, section->target, "name", name, &err);

	if (rc)
		report(file, file->line, &err);
	section->lines[setting - section->type->table->rows] = file->line;
	return rc;
}

/* The settings of a section that is refused here are judged all the same, on file.spare. */
static void enter_section(struct file *file, enum section_kind kind, const char *name)
{
	const struct place *first;
	struct place *place;

	file->section.type = &section_types[kind];
	init_target(file, kind, &file->spare);
	if (kind != SECTION_DAEMON && set_name(file, name))
		return;
	first = find_place(file, kind, name);
	if (first) {
		report_here(file, "the section [%s%s%s] was there before, at line %u",
			section_words[kind], *name ? " " : "", name, first->line);
		return;
	}
	if (file->counts[kind] == section_types[kind].max) {
		report_here(file, "more than %zu sections [%s NAME]", section_types[kind].max,
			section_words[kind]);
		return;
	}
	place = &file->places[kind][file->counts[kind]++];
	*place = (struct place){.line = file->line};
	text_copy(place->name, sizeof(place->name), name);
	file->section.place = place;
	init_target(file, kind, next_target(file->config, kind));
	if (kind != SECTION_DAEMON)
		set_name(file, name);
}

/* word and name are what stands in the brackets. */
static void judge_header(struct file *file, const char *word, const char *name)
{
	int kind = policy_from_name(section_words, SECTION_KINDS, word);
	const char *nearest = text_nearest(word, section_words, SECTION_KINDS);
	struct error err;

	if (kind < 0) {
		error_set(&err, EINVAL, ERROR_INVALID, NULL, "unknown section [%s%s%s]", word,
			*name ? " " : "", name);
		if (nearest)
			error_hint(&err, "did you mean [%s%s%s]?", nearest, *name ? " " : "", name);
		else
			error_hint(&err, "there are [daemon], [port NAME] and [flow NAME]");
		report(file, file->line, &err);
	} else if (kind == SECTION_DAEMON && *name) {
		report_here(file, "[daemon] takes no name");
	} else if (kind != SECTION_DAEMON && !*name) {
		report_here(file, "[%s] needs a name: [%s NAME]", word, word);
	} else {
		enter_section(file, (enum section_kind)kind, name);
	}
}

/* Cuts blanks off the end, in place. */
static void trim_end(char *text)
{
	size_t len = strlen(text);

	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
}

/* A line that begins with '['; it is taken to pieces. */
static void parse_header(struct file *file, char *line)
{
	char *word = line + 1 + strspn(line + 1, BLANKS);
	char *end = strchr(word, ']'), *name, *rest;

	if (!end) {
		report_here(file, "the section's \"]\" is missing");
		return;
	}
	rest = end + 1 + strspn(end + 1, BLANKS);
	if (*rest && !strchr(";#", *rest))
		report_here(file, "\"%s\" after the section's \"]\"", rest);
	*end = '\0';
	trim_end(word);
	name = word + strcspn(word, BLANKS);
	if (*name)
		*name++ = '\0';
	judge_header(file, word, name + strspn(name, BLANKS));
}

/* What no single setting can show, now that all are known; what was refused before is not blamed
 * again. */
static void finish_section(struct file *file)
{
	const struct section *section = &file->section;
	unsigned line = section->line;
	const struct setting *setting;
	struct error err, unknown;
	int rc = 0;

	if (!section->place)
		return;
	if (section->type == &section_types[SECTION_PORT])
		rc = config_port_check(section->target, &err);
	else if (section->type == &section_types[SECTION_FLOW])
		rc = config_flow_check(section->target, &err);
	if (!rc)
		return;
	setting = setting_find(section->type->table, err.param, &unknown);
	if (setting) {
		size_t row = (size_t)(setting - section->type->table->rows);

		if (section->bad & UINT64_C(1) << row)
			return;
		if (section->lines[row])
			line = section->lines[row];
	}
	report(file, line, &err);
}

static void begin_section(struct file *file, char *line)
{
	finish_section(file);
	file->section = (struct section){.line = file->line};
	parse_header(file, line);
}

/* Whether these bytes are a line of text that inih has room for. */
static bool is_line(struct file *file, const char *line, size_t len)
{
	const size_t valid = utf8_valid_len(line, len);

	if (memchr(line, '\0', len))
		report_here(file, "a NUL byte in the line");
	else if (valid < len)
		report_here(file, "invalid UTF-8 at byte %zu of the line", valid + 1);
	else if (len > FILE_LINE_MAX)
		report_here(file, "the line has %zu bytes, more than %d", len, FILE_LINE_MAX);
	else
		return true;
	return false;
}

static void report_unheard(struct file *file)
{
	if (file->unheard)
		report_here(file, "neither KEY = VALUE nor [SECTION]");
	file->unheard = false;
}

/* An ini_reader: hands settings to inih and blank lines for everything else. */
static char *next_line(char *to, int size, void *stream)
{
	struct file *file = stream;
	const char *line = file->text + file->at, *end;
	size_t len;

	report_unheard(file);
	if (file->at == file->len || is_over(file) || size <= FILE_LINE_MAX)
		return NULL;
	end = memchr(line, '\n', file->len - file->at);
	len = end ? (size_t)(end - line) : file->len - file->at;
	file->at += len + (end ? 1 : 0);
	file->line++;
	if (len && line[len - 1] == '\r')
		len--;
	to[0] = '\0';
	if (!is_line(file, line, len))
		return to;
	while (len && strchr(BLANKS, *line)) {
		line++;
		len--;
	}
	memcpy(to, line, len);
	to[len] = '\0';
	if (to[0] == '[') {
		begin_section(file, to);
		to[0] = '\0';
	}
	file->unheard = to[0] && !strchr(";#", to[0]);
	return to;
}

static void apply_setting(struct file *file, const char *key, const char *value)
{
	struct section *section = &file->section;
	const struct setting_table *table = section->type->table;
	struct error err;
	const struct setting *setting = setting_find(table, key, &err);
	size_t row = setting ? (size_t)(setting - table->rows) : 0;

	if (!setting) {
		report(file, file->line, &err);
		return;
	}
	if (section->lines[row]) {
		error_set(&err, EINVAL, ERROR_INVALID, key, "given before, at line %u",
			section->lines[row]);
		report(file, file->line, &err);
		return;
	}
	section->lines[row] = file->line;
	if (section->place && strcmp(setting->key, "port") == 0)
		section->place->port_line = file->line;
	if (setting_read(setting, section->target, key, value, &err)) {
		section->bad |= UINT64_C(1) << row;
		report(file, file->line, &err);
	}
}

/* An ini_handler: a setting, its blanks and comment taken off. */
static int on_setting(void *user, const char *section, const char *key, const char *value)
{
	struct file *file = user;

	(void)section; /* begin_section() knows */
	file->unheard = false;
	if (file->section.type)
		apply_setting(file, key, value);
	else if (!file->section.line)
		report_here(file, "\"%s\" stands before the first section", key);
	return 1;
}

/* Every flow needs a port that is there. */
static void check_flow_port(
	struct file *file, const struct config_flow *flow, const struct place *place)
{
	const char *names[WIRE_PORTS_MAX], *nearest;
	const size_t ports = file->config->port_count;
	struct error err;

	for (size_t i = 0; i < ports; i++)
		names[i] = file->config->ports[i].name;
	if (!flow->port[0]) {
		/* A port that was refused has been reported. */
		if (ports < 2 || place->port_line)
			return;
		error_set(&err, EINVAL, ERROR_INVALID, "port", "this setting is missing");
		error_hint(&err, "there are several ports: add port = %s", names[0]);
		report(file, place->line, &err);
	} else if (!find_place(file, SECTION_PORT, flow->port)) {
		error_set(
			&err, EINVAL, ERROR_INVALID, "port", "there is no port \"%s\"", flow->port);
		nearest = text_nearest(flow->port, names, ports);
		if (nearest)
			error_hint(&err, "did you mean \"%s\"?", nearest);
		else
			error_hint(&err, "add a section [port %s]", flow->port);
		report(file, place->port_line, &err);
	}
}

static void parse(struct file *file)
{
	const size_t mark = strlen(BYTE_ORDER_MARK);

	if (file->len >= mark && memcmp(file->text, BYTE_ORDER_MARK, mark) == 0)
		file->at = mark;
	/* Its result is the number of one bad line, which is in the report already. */
	ini_parse_stream(next_line, file, on_setting, file);
	finish_section(file);
	for (size_t i = 0; i < file->config->flow_count; i++)
		check_flow_port(file, &file->config->flows[i], &file->places[SECTION_FLOW][i]);
	if (is_over(file))
		add_line(file, "too many errors: the rest is not reported");
}

/* Up to FILE_SIZE_MAX bytes. 0 or -errno with *err set. */
static int read_all(struct file *file, int fd, struct error *err)
{
	while (file->len <= FILE_SIZE_MAX) {
		ssize_t n = read(fd, file->text + file->len, FILE_SIZE_MAX + 1 - file->len);

		if (n == 0)
			return 0;
		if (n > 0)
			file->len += (size_t)n;
		else if (errno != EINTR)
			return error_set(err, errno, ERROR_INVALID, NULL, "cannot be read: %s",
				strerror(errno));
	}
	return error_set(err, EFBIG, ERROR_INVALID, NULL, "is larger than %d bytes", FILE_SIZE_MAX);
}

/* Devices pass for the sake of /dev/null; O_NONBLOCK because opening or reading others may wait for
 * ever. */
static int read_file(struct file *file, struct error *err)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int rc;

	if (fd < 0 || fstat(fd, &status))
		rc = error_set(
			err, errno, ERROR_INVALID, NULL, "cannot be opened: %s", strerror(errno));
	else if (S_ISDIR(status.st_mode))
		rc = error_set(err, EISDIR, ERROR_INVALID, NULL, "is a directory");
	else if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
		rc = error_set(err, EINVAL, ERROR_INVALID, NULL, "is not a regular file");
	else
		rc = read_all(file, fd, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int load(struct file *file)
{
	struct error err;
	int rc;

	file->text = malloc(FILE_SIZE_MAX + 1);
	file->config->ports = calloc(WIRE_PORTS_MAX, sizeof(struct config_port));
	file->config->flows = calloc(WIRE_FLOWS_MAX, sizeof(struct config_flow));
	if (!file->text || !file->config->ports || !file->config->flows)
		return -ENOMEM;
	rc = read_file(file, &err);
	if (rc) {
		report(file, 0, &err);
		return rc;
	}
	parse(file);
	if (file->no_memory)
		return -ENOMEM;
	return file->report->count ? -EINVAL : 0;
}

int config_load(const char *path, struct config **config, struct config_report *report)
{
	struct file *file = calloc(1, sizeof(*file));
	struct config *loaded = config_new();
	int rc = -ENOMEM;

	*report = (struct config_report){0};
	if (file && loaded) {
		file->path = path;
		file->config = loaded;
		file->report = report;
		rc = load(file);
	}
	if (file)
		free(file->text);
	free(file);
	if (rc)
		config_free(loaded);
	else
		*config = loaded;
	return rc;
}
