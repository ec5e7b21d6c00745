/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture put together from its parts, and taken apart. Control thread. */
#include "capture/capture.h"

#include "capture/file.h"
#include "capture/filter.h"
#include "capture/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	struct capture_filter *filter;
	struct capture_writer *writer;
	unsigned source_count;
	struct capture_source *sources[];
};

static void parts_free(struct capture *capture)
{
	for (unsigned i = 0; i < capture->source_count; i++)
		capture_source_free(capture->sources[i]);
	capture_filter_free(capture->filter);
	free(capture);
}

static int sources_new(struct capture *capture, const struct capture_conf *conf, struct error *err)
{
	const struct capture_source_conf source = {
		.filter = capture->filter,
		.snaplen = conf->snaplen ? (uint32_t)conf->snaplen : CAPTURE_SNAPLEN_MAX,
		.count = conf->count ? conf->count : UINT64_MAX,
		.ring_size = CAPTURE_RING_SIZE,
	};

	for (unsigned i = 0; i < conf->queues; i++) {
		int rc = capture_source_new(&source, &capture->sources[i]);

		if (rc)
			return error_set(err, -rc, ERROR_INTERNAL, NULL,
				"no memory for %u bytes per queue of frames on their way to disk",
				CAPTURE_RING_SIZE);
		capture->source_count++;
	}
	return 0;
}

static int writer_new(struct capture *capture, const struct capture_conf *conf, struct error *err)
{
	struct capture_writer_conf writer = {.sources = capture->sources,
		.source_count = capture->source_count,
		.count = conf->count ? conf->count : UINT64_MAX,
		.notify_fd = conf->notify_fd};
	struct capture_facts facts = conf->facts;
	int rc;

	facts.filter = capture->filter ? conf->filter : NULL;
	facts.snaplen = conf->snaplen ? (uint32_t)conf->snaplen : CAPTURE_SNAPLEN_MAX;
	rc = capture_file_open(conf->path, &facts, &writer.file, err);
	if (rc)
		return rc;
	rc = capture_writer_new(&writer, &capture->writer);
	if (rc == 0)
		return 0;
	capture_file_free(writer.file);
	return error_set(
		err, -rc, ERROR_INTERNAL, NULL, "no thread to write with: %s", strerror(-rc));
}

static int check(const struct capture_conf *conf, struct error *err)
{
	if (conf->snaplen > CAPTURE_SNAPLEN_MAX)
		return error_set(err, ERANGE, ERROR_INVALID, "snaplen",
			"%llu is not between 0 and %u; 0 keeps all of a frame",
			(unsigned long long)conf->snaplen, CAPTURE_SNAPLEN_MAX);
	if (strlen(conf->path) >= CAPTURE_PATH_SIZE)
		return error_set(err, ENAMETOOLONG, ERROR_INVALID, "write",
			"the path has %zu bytes, at most %d can be", strlen(conf->path),
			CAPTURE_PATH_SIZE - 1);
	return 0;
}

/* The file comes last: what fails before leaves one that is there already alone. */
int capture_open(const struct capture_conf *conf, struct capture **capture, struct error *err)
{
	struct capture *new;
	int rc = check(conf, err);

	if (rc)
		return rc;
	new = calloc(1, sizeof(*new) + conf->queues * sizeof(new->sources[0]));
	if (!new)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	if (conf->filter && conf->filter[0])
		rc = capture_filter_new(conf->filter, &new->filter, err);
	if (rc == 0)
		rc = sources_new(new, conf, err);
	if (rc == 0)
		rc = writer_new(new, conf, err);
	if (rc) {
		parts_free(new);
		return rc;
	}
	*capture = new;
	return 0;
}

struct capture_source *capture_source(const struct capture *capture, unsigned queue)
{
	return capture->sources[queue];
}

bool capture_is_over(const struct capture *capture)
{
	return capture_writer_is_over(capture->writer);
}

void capture_finish(struct capture *capture, uint64_t lost_by_device)
{
	capture_writer_finish(capture->writer, lost_by_device);
}

bool capture_is_closed(const struct capture *capture)
{
	return capture_writer_is_closed(capture->writer);
}

void capture_result(const struct capture *capture, struct capture_result *result)
{
	struct capture_writer_result written;

	capture_writer_result(capture->writer, &written);
	*result = (struct capture_result){.frames = written.frames,
		.size = written.size,
		.dropped = written.lost,
		.fault = written.fault};
	for (unsigned i = 0; i < capture->source_count; i++) {
		result->filtered += counter_read(&capture->sources[i]->filtered);
		result->dropped += counter_read(&capture->sources[i]->dropped);
	}
}

bool capture_free(struct capture *capture)
{
	if (!capture)
		return true;
	if (!capture_writer_free(capture->writer))
		return false;
	parts_free(capture);
	return true;
}
